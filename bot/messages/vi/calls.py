"""Cuộc gọi trực tiếp."""

from typing import Final

SENTENCES: Final = {
    "call": "Không dịch được cuộc gọi này; hãy dùng /join để thử lại.",
    "call.refused": "Tôi không vào được cuộc gọi đó; hãy chọn kênh thoại khác.",
    "call.refused.nowhere": (
        "Bạn chưa ở trong kênh thoại nào; hãy vào một kênh, hoặc ghi rõ kênh: /join channel."
    ),
    "call.refused.permission": (
        "Tôi không được xem, vào hoặc nói trong kênh đó; quản trị viên máy chủ có thể cho phép."
    ),
    "call.refused.full": "Kênh đó đã đầy; hãy chừa một chỗ rồi dùng lại /join.",
    "call.refused.elsewhere": (
        "Tôi đang ở kênh khác của máy chủ này; hãy dùng /leave ở đó trước, rồi /join."
    ),
    "call.refused.stopping": "Tôi sắp khởi động lại; hãy dùng /join sau một phút nữa.",
    "call.refused.voice": "Discord chưa cho tôi vào cuộc gọi; hãy thử lại /join sau một phút.",
    "call.lost": "Tôi bị mất cuộc gọi; hãy dùng /join để gọi tôi lại.",
    "call.lost.kicked": "Tôi đã bị đưa ra khỏi cuộc gọi; hãy dùng /join để gọi tôi lại.",
    "call.lost.gone": "Kênh thoại không còn nữa; hãy dùng /join ở kênh khác.",
    "call.lost.deaf": (
        "Tôi không còn nghe được cuộc gọi này, vào lại cũng không được; hãy thử /leave rồi /join "
        "sau một phút."
    ),
    "call.lost.restart": "Tôi vừa khởi động lại và không quay lại cuộc gọi được; hãy dùng /join.",
    "call.lost.connection": "Kết nối với cuộc gọi bị đứt; hãy dùng /join để gọi tôi lại.",
}
