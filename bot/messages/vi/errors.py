"""Lỗi, theo mã."""

from typing import Final

SENTENCES: Final = {
    "error": "Đã có lỗi xảy ra; bạn hãy thử lại.",
    "audio": "Không dùng được bản ghi âm này; bạn hãy gửi bản khác.",
    "audio.missing": (
        "Không có tệp nào tên như vậy, hoặc không đọc được tệp; hãy kiểm tra đường dẫn rồi thử lại."
    ),
    "audio.missing.folder": (
        "Trong đó không có tệp nào; hãy chọn thư mục có bản ghi âm, hoặc một tệp."
    ),
    "audio.empty": "Bản ghi âm trống; bạn hãy ghi lại.",
    "audio.unreadable": (
        "Đây không phải tệp âm thanh tôi đọc được; hãy gửi tin nhắn thoại, hoặc Ogg, MP3, M4A, "
        "WAV, FLAC, WebM hay MP4."
    ),
    "audio.no_soundtrack": "Tệp này có hình nhưng không có tiếng; hãy gửi tệp có tiếng.",
    "audio.too_long": "Bản ghi âm dài hơn {limit:.0f} giây; hãy gửi thành nhiều phần ngắn hơn.",
    "audio.too_large": ("Tệp lớn hơn {limit}; hãy gửi thành nhiều phần ngắn hơn, hoặc nén lại."),
    "audio.no_speech": "Tôi không nghe thấy ai nói; hãy ghi lại và nói gần micrô hơn.",
    "language": "Không phục vụ được ngôn ngữ đó; hãy chọn ngôn ngữ khác.",
    "language.unknown": (
        "Tôi không biết ngôn ngữ “{language}”; hãy viết tên hoặc mã, ví dụ vi hay en."
    ),
    "language.unsupported": (
        "{engine} không phục vụ được {language}; hãy chọn ngôn ngữ hoặc mô hình khác."
    ),
    "model": "Không dùng được một mô hình; người vận hành hãy chạy “dragoman check” để biết thêm.",
    "model.unknown": (
        "Không có mô hình “{model}”; “dragoman models list” liệt kê những mô hình hiện có."
    ),
    "model.missing": "Chưa tải mô hình {model}; hãy chạy “dragoman models fetch {model}”.",
    "model.missing.convert": (
        "Mô hình {model} cần được chuyển đổi trước; hãy chạy “dragoman models convert {model}”."
    ),
    "model.missing.reinstall": "Mô hình {model} đi kèm Dragoman nhưng bị thiếu; hãy cài lại.",
    "model.damaged": (
        "Tệp {file} của mô hình {model} bị hỏng; hãy chạy lại “dragoman models fetch {model}”."
    ),
    "model.forbidden": (
        "Giấy phép của {model} ({licence}) cấm dùng cho thương mại; hãy dùng {alternative}."
    ),
    "model.gated": (
        "Chủ của {model} yêu cầu bạn đồng ý trước: mở {page}, đồng ý, rồi đặt biến HF_TOKEN."
    ),
    "model.hub": "Không tải được mô hình {model} ({reason}); hãy thử lại sau.",
    "model.hub.offline": (
        "Không kết nối được kho mô hình nên chưa tải {model}; hãy kết nối rồi thử lại."
    ),
    "model.hub.network": (
        "Không kết nối được kho mô hình nên chưa tải {model}; hãy kết nối rồi thử lại."
    ),
    "model.hub.timeout": "Kho mô hình không trả lời kịp nên chưa tải {model}; hãy thử lại sau.",
    "model.hub.interrupted": (
        "Việc tải {model} bị đứt quãng; hãy chạy lại lệnh, phần đã tải sẽ được giữ."
    ),
    "model.hub.disk_full": "Ổ đĩa không đủ chỗ cho {model}; hãy dọn bớt rồi thử lại.",
    "model.hub.not_writable": "Không ghi được vào thư mục của {model}; hãy sửa quyền truy cập.",
    "model.hub.checksum": "Phần tải về của {model} không khớp với bản gốc; hãy thử lại sau.",
    "model.hub.no_such_repository": (
        "Kho mô hình không còn {model}; hãy chọn mô hình khác bằng “dragoman models list”."
    ),
    "engine.failed": "{engine} không xử lý được; bạn hãy thử lại.",
    "engine.unavailable": "{engine} hiện không dùng được; hãy thử lại sau.",
    "engine.timeout": "{engine} không trả lời kịp; hãy thử lại sau.",
    "engine.too_long": "{engine} chỉ đọc tối đa {limit} ký tự một lần; hãy gửi từng phần ngắn hơn.",
    "worker": "Việc tính toán bị gián đoạn; bạn hãy thử lại.",
    "worker.lost": "Việc tính toán bị gián đoạn; bạn hãy thử lại.",
    "worker.timeout": "Việc này quá lâu nên đã bị dừng; hãy gửi thành nhiều phần ngắn hơn.",
    "configuration": "Không dùng được thiết lập {setting}: {reason}; hãy sửa lại.",
    "configuration.no_platform": (
        "Chưa có nền tảng chat nào; "
        "hãy ghi token của bot dưới [discord] hoặc [telegram] trong settings.toml, "
        "hoặc đặt biến DRAGOMAN_DISCORD__TOKEN hay DRAGOMAN_TELEGRAM__TOKEN."
    ),
    "configuration.unknown": (
        "Không có thiết lập nào tên là {setting}; hãy xem docs/settings.md để biết các tên đúng."
    ),
    "configuration.misspelt": (
        "Không có thiết lập nào tên là {setting}; nếu ý bạn là {nearest} thì hãy viết như vậy."
    ),
    "configuration.json": (
        'Biến {setting} không phải là JSON; hãy viết danh sách như \'["vi", "en"]\' và bảng như '
        '\'{{"vi": "whisper-small"}}\'.'
    ),
    "configuration.home": (
        "Ở đây không có người dùng nào mang tên sau dấu “~” của thiết lập {setting}; "
        "hãy ghi đầy đủ đường dẫn."
    ),
    "configuration.missing": "Còn thiếu thiết lập {setting}; hãy ghi thêm.",
    "configuration.whole": (
        "Thiết lập {setting} không phải là số nguyên; hãy ghi một số nguyên, chẳng hạn 3."
    ),
    "configuration.number": (
        "Thiết lập {setting} không phải là số; hãy ghi một số, chẳng hạn 2.5."
    ),
    "configuration.boolean": (
        "Thiết lập {setting} chỉ nhận true hoặc false; hãy ghi một trong hai."
    ),
    "configuration.text": (
        "Thiết lập {setting} không phải là chuỗi chữ; hãy đặt nó trong dấu ngoặc kép."
    ),
    "configuration.list": (
        "Thiết lập {setting} không phải là danh sách; hãy viết trong ngoặc vuông."
    ),
    "configuration.table": (
        "Thiết lập {setting} không phải là bảng; hãy viết tên và giá trị trong ngoặc nhọn."
    ),
    "configuration.choice": (
        "Thiết lập {setting} không nhận giá trị này; hãy chọn một trong số: {choices}."
    ),
    "configuration.over": "Thiết lập {setting} quá nhỏ; hãy ghi số lớn hơn {limit:g}.",
    "configuration.least": "Thiết lập {setting} quá nhỏ; hãy ghi từ {limit:g} trở lên.",
    "configuration.under": "Thiết lập {setting} quá lớn; hãy ghi số nhỏ hơn {limit:g}.",
    "configuration.most": "Thiết lập {setting} quá lớn; hãy ghi từ {limit:g} trở xuống.",
    "configuration.too_few": "Thiết lập {setting} quá ngắn; hãy viết từ {limit} ký tự trở lên.",
    "configuration.too_many": "Thiết lập {setting} quá dài; hãy viết tối đa {limit} ký tự.",
    "configuration.address": (
        "Thiết lập {setting} không phải là địa chỉ; hãy viết địa chỉ bắt đầu bằng http:// hoặc "
        "https://."
    ),
    "configuration.https": (
        "Thiết lập {setting} không phải là địa chỉ an toàn; hãy viết địa chỉ bắt đầu bằng https://."
    ),
    "configuration.account": (
        "Thiết lập {setting} không phải là mã số tài khoản; hãy viết các chữ số trong dấu ngoặc "
        "kép."
    ),
    "configuration.language": (
        "Thiết lập {setting} ghi “{value}”, ngôn ngữ mà tôi không biết; hãy ghi tên hoặc mã như vi "
        "hay en."
    ),
    "configuration.none": "Thiết lập {setting} đang trống; hãy ghi ít nhất một ngôn ngữ.",
    "configuration.rising": (
        "smaller_after_s, text_only_after_s và refuse_after_s dưới [{setting}] không tăng dần; hãy "
        "ghi theo thứ tự tăng dần."
    ),
    "configuration.pause": (
        "provisional_ms dưới [{setting}] không nhỏ hơn end_silence_ms; hãy giảm nó xuống."
    ),
    "configuration.secret": (
        "Thiết lập {setting} có ký tự không gửi kèm được; hãy chỉ dùng chữ cái không dấu, chữ số, "
        "_ và -."
    ),
    "configuration.key": (
        "Thiết lập {setting} không phải là 32 byte ngẫu nhiên ở dạng base64 hoặc hex; hãy tạo khóa "
        "bằng “openssl rand -base64 32”."
    ),
    "configuration.keyless": (
        "Đã đặt {setting}.models mà chưa có khóa; hãy đặt {setting}.key bằng kết quả của “openssl "
        "rand -base64 32”."
    ),
    "configuration.token.discord": (
        "Giá trị của {setting} không thể là token; hãy chép lại từ discord.com/developers/"
        "applications, trang Bot."
    ),
    "configuration.token.telegram": (
        "Giá trị của {setting} không thể là token; hãy chép lại từ @BotFather."
    ),
    "configuration.clone": (
        "Thiết lập {setting} cần thêm: chưa cài phần “clone”; hãy làm theo docs/own-voice.md."
    ),
    "configuration.kind": (
        "Mô hình {model} không thuộc loại mà {setting} cần; hãy xem các loại bằng “dragoman models "
        "list”."
    ),
    "configuration.no_translator": (
        "Chưa dịch được gì vì {setting} đang trống; hãy ghi một mô hình vào đó, hoặc đặt "
        "translating.libretranslate."
    ),
    "configuration.encoding": "Tệp {setting} không ở dạng UTF-8; hãy lưu lại theo UTF-8.",
    "configuration.toml": "Tệp {setting} không đúng cú pháp TOML ({where}); hãy sửa chỗ đó.",
    # what is remembered
    "storage": "Không truy cập được dữ liệu đã lưu; người vận hành hãy xem nhật ký.",
    "storage.corrupt": (
        "Cơ sở dữ liệu {path} bị hỏng; hãy khôi phục một bản sao bằng “dragoman restore FILE”, "
        "hoặc dời nó đi."
    ),
    "storage.corrupt.another": (
        "Tệp {path} bị hỏng, hoặc không phải là bản sao của cơ sở dữ liệu Dragoman; hãy chọn tệp "
        "khác."
    ),
    "storage.foreign": "Cơ sở dữ liệu {path} là của chương trình khác; hãy chọn đường dẫn khác.",
    "storage.newer": (
        "Cơ sở dữ liệu {path} do bản mới hơn ghi; hãy cài bản đó, hoặc trở lại một bản sao cũ hơn "
        "bằng “dragoman restore FILE”."
    ),
    "storage.migration": (
        "Chưa nâng cấp được cơ sở dữ liệu {path}, nó vẫn như cũ; hãy xem nhật ký."
    ),
    "storage.copy": (
        "Không giữ được bản sao ở {path} ({reason}) nên chưa nâng cấp; hãy dọn chỗ hoặc kiểm tra "
        "quyền ở đó rồi chạy lại."
    ),
    "storage.locked": "Tiến trình khác đang dùng cơ sở dữ liệu {path}; hãy dừng nó rồi chạy lại.",
    "storage.full": "Không còn chỗ cho cơ sở dữ liệu {path}; hãy dọn bớt rồi chạy lại.",
    "storage.unavailable": "Không dùng được cơ sở dữ liệu {path}; hãy kiểm tra thư mục và quyền.",
    "storage.unavailable.missing": "Không có tệp {path}; hãy kiểm tra lại tên.",
    "storage.unavailable.itself": "{path} chính là cơ sở dữ liệu; hãy chọn tệp khác.",
    "storage.seal": "Không đọc được giọng nói đã lưu; hãy xem nhật ký.",
    "storage.seal.missing": (
        "Chưa có khóa mở giọng nói của mọi người; hãy đặt lại own_voice.key, hoặc đặt "
        "DRAGOMAN_OWN_VOICE__KEY."
    ),
    "storage.seal.wrong": (
        "Khóa trong own_voice.key không mở được các giọng nói đã lưu; hãy đặt lại khóa đã dùng khi "
        "lưu chúng."
    ),
    "glossary": "Không lưu được thuật ngữ này; bạn hãy viết thuật ngữ khác.",
    "glossary.term": "Thuật ngữ dài từ 1 đến {limit} ký tự; bạn hãy viết ngắn hơn.",
    "glossary.full": "Đã có {limit} thuật ngữ; bạn hãy xóa bớt một cái trước.",
    "link": "Không liên kết được hai tài khoản này; bạn hãy xin mã mới rồi thử lại.",
    "link.code": "Mã này không đúng hoặc đã quá {minutes} phút; bạn hãy xin mã mới.",
    "link.same_account": "Mã này được tạo ở đây; bạn hãy nhập nó ở tài khoản kia.",
    "link.tries": "Nhập sai mã quá nhiều lần; bạn hãy thử lại sau {minutes} phút.",
    # chat platforms
    "platform": "{platform} không xử lý được; bạn hãy thử lại.",
    "platform.refused": "{platform} không cho phép việc này ở đây; hãy kiểm tra quyền của bot.",
    "platform.refused.token": (
        "{platform} không nhận mã token này; hãy chép lại từ @BotFather vào "
        "DRAGOMAN_TELEGRAM__TOKEN."
    ),
    "platform.refused.token.discord": (
        "{platform} không nhận mã token này; hãy chép lại từ discord.com/developers/applications, "
        "trang Bot, vào DRAGOMAN_DISCORD__TOKEN."
    ),
    "platform.refused.intents.discord": (
        "{platform} không cho bot này đọc tin nhắn; hãy bật “Message Content Intent” tại "
        "discord.com/developers/applications, trang Bot, rồi chạy lại."
    ),
    "platform.refused.gone": "{platform} không còn giữ tệp này; hãy gửi lại.",
    "platform.refused.late": "Việc này lâu hơn {platform} cho phép; hãy dùng lại lệnh.",
    "platform.refused.conflict": (
        "Một bản khác của bot này đang nhận tin nhắn từ {platform}; hãy dừng nó rồi chạy lại."
    ),
    "platform.refused.too_large": (
        "{platform} không đưa cho bot tệp nào quá 20 MB; hãy gửi từng đoạn ngắn hơn, hoặc nén lại."
    ),
    "platform.unreachable": "Hiện không kết nối được với {platform}; hãy thử lại sau ít phút.",
    "interrupted": "Đã dừng giữa chừng; hãy chạy lại lệnh để tiếp tục.",
    # what people in a chat are told of errors that only the operator can mend
    "public.model": "Thiếu mô hình cần dùng hoặc mô hình bị hỏng; hãy báo cho người vận hành bot.",
    "public.configuration": "Bot chưa được thiết lập cho việc này; hãy báo cho người vận hành.",
    "public.storage": "Hiện không truy cập được dữ liệu; hãy thử lại sau vài phút.",
    # the desk
    "busy": "Hiện có quá nhiều việc; hãy gửi lại sau vài phút.",
    "busy.person": "Bạn còn tin đang chờ; hãy gửi lại tin này khi các tin kia đã có câu trả lời.",
    "busy.chat": "Nhóm này còn nhiều tin đang chờ; hãy gửi lại tin này sau vài phút.",
    "busy.house": "Hiện có quá nhiều việc; hãy gửi lại sau vài phút.",
    "busy.wait": (
        "Có quá nhiều tin đang chờ, tin này sẽ mất khoảng {minutes} phút; hãy gửi lại sau."
    ),
    "busy.stopping": "Bot đang khởi động lại; bạn hãy gửi lại tin này sau một phút.",
    "busy.restarted": "Bot đã khởi động lại khi đang xử lý tin này; bạn hãy gửi lại.",
}
