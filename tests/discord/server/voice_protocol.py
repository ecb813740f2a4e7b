"""The numbers of the voice gateway, version 8."""

from enum import IntEnum

VERSION = "8"
MODE = "aead_xchacha20_poly1305_rtpsize"
"""The one transport encryption that every voice server must offer."""


class Op(IntEnum):
    """What a message is about. From 25 to 30 they are binary."""

    IDENTIFY = 0
    SELECT_PROTOCOL = 1
    READY = 2
    HEARTBEAT = 3
    SESSION_DESCRIPTION = 4
    SPEAKING = 5
    HEARTBEAT_ACK = 6
    RESUME = 7
    HELLO = 8
    RESUMED = 9
    CLIENTS_CONNECT = 11
    CLIENT_DISCONNECT = 13
    MEDIA_SINK_WANTS = 15
    CLIENT_FLAGS = 18
    CLIENT_PLATFORM = 20
    DAVE_PREPARE_TRANSITION = 21
    DAVE_EXECUTE_TRANSITION = 22
    DAVE_TRANSITION_READY = 23
    DAVE_PREPARE_EPOCH = 24
    MLS_EXTERNAL_SENDER = 25
    MLS_KEY_PACKAGE = 26
    MLS_PROPOSALS = 27
    MLS_COMMIT_WELCOME = 28
    MLS_ANNOUNCE_COMMIT_TRANSITION = 29
    MLS_WELCOME = 30
    MLS_INVALID_COMMIT_WELCOME = 31


BINARY = frozenset({Op.MLS_KEY_PACKAGE, Op.MLS_COMMIT_WELCOME})
"""What clients send in binary."""
UNNUMBERED = frozenset({Op.HELLO, Op.HEARTBEAT_ACK, Op.RESUMED})
"""They concern one connection and not the session, so they are not sent again after a resume."""


class Close(IntEnum):
    """Why a connection was closed."""

    ABNORMAL = 1006
    """Never said: the connection is cut."""
    UNKNOWN_OPCODE = 4001
    FAILED_TO_DECODE = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    SESSION_NO_LONGER_VALID = 4006
    SESSION_TIMEOUT = 4009
    SERVER_NOT_FOUND = 4011
    UNKNOWN_PROTOCOL = 4012
    DISCONNECTED = 4014
    VOICE_SERVER_CRASHED = 4015
    UNKNOWN_ENCRYPTION_MODE = 4016
    DAVE_REQUIRED = 4017
    BAD_REQUEST = 4020
    RATE_LIMITED = 4021
    CALL_TERMINATED = 4022


RESUMABLE = frozenset({Close.ABNORMAL, Close.VOICE_SERVER_CRASHED})
"""After these a client may come back to its session; after all others it is over."""
