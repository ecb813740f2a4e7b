"""Tiếng Việt."""

from typing import Final

SENTENCES: Final = {
    # errors, by code
    "error": "Đã có lỗi xảy ra; bạn hãy thử lại.",
    "audio": "Không dùng được bản ghi âm này; bạn hãy gửi bản khác.",
    "audio.missing": "Không có tệp nào tên như vậy đọc được; hãy kiểm tra đường dẫn rồi thử lại.",
    "audio.empty": "Bản ghi âm trống; bạn hãy ghi lại.",
    "audio.unreadable": (
        "Đây không phải tệp âm thanh tôi đọc được; hãy gửi tin nhắn thoại, hoặc Ogg, MP3, M4A, "
        "WAV, FLAC, WebM hay MP4."
    ),
    "audio.no_soundtrack": "Tệp này có hình nhưng không có tiếng; hãy gửi tệp có tiếng.",
    "audio.too_long": "Bản ghi âm dài hơn {limit:.0f} giây; hãy gửi thành nhiều phần ngắn hơn.",
    "audio.too_large": (
        "Tệp lớn hơn {limit:,.0f} byte; hãy gửi thành nhiều phần ngắn hơn, hoặc nén lại."
    ),
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
    "engine.failed": "{engine} không xử lý được; bạn hãy thử lại.",
    "engine.unavailable": "{engine} hiện không dùng được; hãy thử lại sau.",
    "engine.timeout": "{engine} không trả lời kịp; hãy thử lại sau.",
    "worker": "Việc tính toán bị gián đoạn; bạn hãy thử lại.",
    "worker.lost": "Việc tính toán bị gián đoạn; bạn hãy thử lại.",
    "worker.timeout": "Việc này quá lâu nên đã bị dừng; hãy gửi thành nhiều phần ngắn hơn.",
    "configuration": "Không dùng được thiết lập {setting}: {reason}; hãy sửa rồi khởi động lại.",
    "interrupted": "Đã dừng giữa chừng; hãy chạy lại lệnh để tiếp tục.",
    # doubts, by reason
    "doubt.loop": "bị lặp lại",
    "doubt.invented": "có thể không ai nói câu này",
    "doubt.unsure": "nghe không rõ",
    "doubt.numbers": "các con số khác nhau",
    "doubt.links": "các địa chỉ khác nhau",
    "doubt.length": "có thể thiếu nội dung",
    "doubt.untranslated": "chưa dịch",
    # dragoman try
    "try.heard": "nghe được",
    "try.meaning": "nghĩa là",
    "try.spoken": "đọc lên",
    "try.unspoken": "không đọc được",
    "try.doubts": "nghi ngờ",
    "try.failed": "không được",
    "try.listening": "đang nghe",
    "try.times": "giải mã {decode}, nghe {hear}, dịch {translate}, đọc {speak}",
    "try.totals": "có chữ sau {text}, xong sau {total}",
}
"""Templates by code or name."""
