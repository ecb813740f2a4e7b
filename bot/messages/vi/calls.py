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
    "call.missed": "Có đoạn vừa nói chưa dịch được.",
    "call.lost": "Tôi bị mất cuộc gọi; hãy dùng /join để gọi tôi lại.",
    "call.lost.kicked": "Tôi đã bị đưa ra khỏi cuộc gọi; hãy dùng /join để gọi tôi lại.",
    "call.lost.gone": "Kênh thoại không còn nữa; hãy dùng /join ở kênh khác.",
    "call.lost.deaf": (
        "Tôi không còn nghe được cuộc gọi này, vào lại cũng không được; hãy thử /leave rồi /join "
        "sau một phút."
    ),
    "call.lost.restart": "Tôi vừa khởi động lại và không quay lại cuộc gọi được; hãy dùng /join.",
    "call.lost.connection": "Kết nối với cuộc gọi bị đứt; hãy dùng /join để gọi tôi lại.",
    # lệnh, như hiện trong danh sách
    "menu.join": "Gọi tôi vào kênh thoại của bạn, hoặc kênh bạn chọn",
    "menu.leave": "Cho tôi rời cuộc gọi",
    "menu.skip": "Bỏ câu tôi đang đọc, sang câu tiếp theo",
    "menu.transcript": "Nhận lời thoại của một cuộc gọi thành tệp, nếu máy chủ có lưu",
    "menu.voice-test": "Nói thử một câu, xem tôi có nghe được bạn không",
    # cuộc gọi, và những gì người dùng lệnh được biết
    "call.notice": (
        "Tôi đang nghe cuộc gọi này: lời nói được dịch thành phụ đề bằng ngôn ngữ kia, còn âm "
        "thanh không được lưu lại. Nếu bạn không muốn tôi nghe, hãy bấm nút bên dưới."
    ),
    "call.notice.kept": "Máy chủ này lưu bản chép lời cuộc gọi trong {days:g} ngày.",
    "call.declined": (
        "Từ giờ tôi không nghe bạn trong các cuộc gọi nữa, những lời của bạn đã lưu cũng được xóa; "
        "muốn đổi lại, bạn dùng /privacy."
    ),
    "call.joined": "Tôi đã vào {channel} và đang nghe; phụ đề hiện ở {place}.",
    "call.back": "Tôi đã quay lại cuộc gọi.",
    "call.left": "Tôi đã rời cuộc gọi.",
    "call.left.alone": "Mọi người đã ra hết nên tôi cũng rời đi; dùng /join để gọi tôi lại.",
    "call.none": "Ở đây tôi không tham gia cuộc gọi nào; dùng /join để gọi tôi vào.",
    "call.managers": (
        "Ở máy chủ này, chỉ người quản lý hoặc người có vai trò được chọn mới làm được việc này."
    ),
    "call.skipped": "Đã bỏ qua.",
    "call.quiet": "Hiện tôi không đọc câu nào.",
    "transcript.here": "Lời thoại của cuộc gọi: {lines} câu.",
    "transcript.none": "Chưa có bản chép lời: từ khi bắt đầu lưu, chưa ai nói gì trong cuộc gọi.",
    "transcript.not_kept": (
        "Máy chủ này không lưu bản chép lời; người quản lý có thể đổi trong /settings."
    ),
    "transcript.hidden": "Bạn chỉ xem được lời thoại của những kênh mà bạn vào được.",
    "voice_test.listening": "Bạn hãy nói một câu, tôi sẽ cho bạn xem tôi nghe được gì.",
    "voice_test.heard": "Tôi nghe được, bằng {language}: {text}",
    "voice_test.meant": "Sang {language}: {text}",
    "voice_test.sealed": (
        "Giọng của bạn đến được chỗ tôi, nhưng Discord chưa trao khóa để tôi giải mã; hãy thử lại "
        "sau một phút, hoặc rời kênh rồi vào lại."
    ),
    "voice_test.wordless": (
        "Tôi nghe thấy âm thanh từ bạn nhưng không có lời nào; hãy nói gần micrô hơn, trọn một câu."
    ),
    "call.somebody": "Ai đó",
    "voice_test.nothing": (
        "Đã {seconds:g} giây tôi không nghe thấy gì từ bạn; hãy kiểm tra micrô và xem bạn có đang "
        "tắt tiếng không."
    ),
    "voice_test.deafened": (
        "Bạn đang tắt âm thanh nghe nên tôi không nghe bạn; hãy bật lại rồi thử lần nữa."
    ),
    "voice_test.soon": (
        "Tôi chưa nghe bạn: bạn vừa mới vào, hoặc cuộc gọi có quá nhiều người; hãy thử lại sau "
        "giây lát."
    ),
    "voice_test.declined": (
        "Bạn đã chọn không để tôi nghe trong cuộc gọi nên tôi không thử giọng được; muốn đổi lại, "
        "bạn dùng /privacy."
    ),
    "voice_test.elsewhere": "Bạn chưa ở trong cuộc gọi; hãy vào {channel} rồi thử lại.",
    # những gì đứng dưới các lệnh khác
    "card.help.calls": (
        "Trong máy chủ, /join gọi tôi vào kênh thoại của bạn: tôi dịch lời mọi người nói thành phụ "
        "đề bằng ngôn ngữ kia và đọc lên."
    ),
    "card.status.call": (
        "Trong cuộc gọi, tôi đang nghe {people} người và nhận được {share} % âm thanh. Câu dịch "
        "chờ đọc: {waiting}; đã bỏ vì quá cũ: {dropped}."
    ),
    "card.status.call.silent": "Tôi đang ở trong cuộc gọi, chưa ai nói gì.",
    "card.privacy.calls": (
        "Trong cuộc gọi, tôi không nghe những ai đã từ chối, và không lưu lại âm thanh. Phụ đề là "
        "tin nhắn như mọi tin khác."
    ),
    "card.privacy.kept": (
        "Bản chép lời chỉ được lưu ở máy chủ nào muốn, trong {days:g} ngày; lời của bạn có trong "
        "/mydata, và không bao giờ được lưu nếu bạn đã từ chối."
    ),
    "tap.unheard": "Đừng nghe tôi trong cuộc gọi",
    "tap.heard": "Cho phép nghe tôi trở lại",
    "tap.decline": "Đừng nghe tôi",
    # lựa chọn của máy chủ
    "card.calls": (
        "Cuộc gọi trong máy chủ này\nĐọc vào kênh: {spoken}\nKhi mọi người đang nói: "
        "{pauses}\nBản chép lời: {keeps}\nPhụ đề: {captions}\nTự vào kênh: "
        "{auto_join}\nAi được gọi tôi: {role}\n\nHãy chọn nơi hiện phụ đề, kênh tôi tự vào và "
        "vai trò bằng các tùy chọn của /settings."
    ),
    "card.calls.managers": "Chỉ người quản lý máy chủ mới đổi được các lựa chọn cho cuộc gọi.",
    "card.calls.spoken": "mọi câu dịch",
    "card.calls.spoken_into": "chỉ câu dịch sang {language}",
    "card.calls.silent": "không đọc",
    "card.calls.pauses": "tôi chờ",
    "card.calls.at_once": "tôi vẫn đọc",
    "card.calls.kept": "lưu {days:g} ngày",
    "card.calls.not_kept": "không lưu",
    "card.calls.own_chat": "trong phần chat của kênh thoại",
    "card.calls.when_asked": "không",
    "card.calls.all": "mọi người",
    "card.calls.gone": "không còn nữa, hãy chọn lại",
    "card.calls.sure": (
        "Từ đó tôi không lưu bản chép lời nữa, và mọi bản máy chủ này đã lưu sẽ bị xóa. Không thể "
        "hoàn tác."
    ),
    "card.calls.unkept": "Người vận hành bot không cho phép lưu bản chép lời.",
    "card.pick.into": "Chỉ đọc câu dịch sang tiếng gì? Chạm vào một ngôn ngữ hoặc viết tên.",
    "tap.none.into": "Mọi câu dịch",
    "tap.calls": "Cuộc gọi…",
    "tap.calls.into": "Chỉ đọc…",
    "tap.calls.speaks.on": "Đọc câu dịch",
    "tap.calls.speaks.off": "Chỉ phụ đề",
    "tap.calls.pauses.on": "Chờ khi có người nói",
    "tap.calls.pauses.off": "Đọc ngay, không chờ",
    "tap.calls.keeps.on": "Lưu bản chép lời",
    "tap.calls.keeps.off": "Không lưu bản chép lời…",
    "tap.calls.sure": "Xóa hết",
    "option.channel": "Kênh thoại; nếu không chọn thì là kênh bạn đang ở",
    "option.call": "Cuộc gọi nào; nếu không chọn thì là cuộc gọi mới nhất",
    "option.format": "Loại tệp",
    "option.captions": "Kênh hoặc chủ đề để hiện phụ đề",
    "option.auto_join": "Kênh thoại mà tôi tự vào khi có người",
    "option.unset": "Bỏ một lựa chọn",
    "option.unset.captions": "Phụ đề trong khung chat của chính kênh thoại",
    "option.unset.auto_join": "Chỉ vào khi được gọi",
    "option.unset.role": "Ai cũng được gọi tôi",
    "option.role": "Vai trò được gọi tôi và đổi các thiết lập này",
    # Discord: around notes and commands
    "discord.translate": "Dịch",
    "discord.which": (
        "Hãy mở trình đơn của tin nhắn thoại rồi chọn Ứng dụng → Dịch, hoặc trả lời tin đó bằng "
        "chữ “dịch”."
    ),
    "discord.nothing": (
        "Tin nhắn đó không có bản ghi âm; hãy chọn tin nhắn thoại hoặc tệp âm thanh."
    ),
    "discord.unseen": (
        "Discord chưa cho tôi thấy bản ghi âm ở đây. Người vận hành có thể bật “Message Content "
        "Intent” tại discord.com/developers/applications, trang Bot; trong lúc chờ, hãy mở trình "
        "đơn của tin nhắn thoại rồi chọn Ứng dụng → Dịch."
    ),
    "discord.type": "Nhập…",
    "discord.option.speak": "Bạn nói tiếng gì",
    "discord.option.into": "Người khác nhận tiếng gì",
    "discord.option.term": "Tên cần giữ nguyên, hoặc: thuật ngữ = bản dịch",
    "discord.option.code": "Mã từ tài khoản kia của bạn",
    "discord.option.where": "Thiết lập của kênh này, hay của cả máy chủ",
    "discord.where.channel": "Kênh này",
    "discord.where.server": "Cả máy chủ",
}
