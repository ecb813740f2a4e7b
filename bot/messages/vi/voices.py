"""Giọng của chính mình: bản ghi mẫu, lời đồng ý."""

from typing import Final

SENTENCES: Final = {
    "sample": "Bản ghi này không dùng để tạo giọng của bạn được; hãy ghi lại bản khác.",
    "sample.too_short": (
        "Tôi cần {limit:.0f} giây tiếng nói mà mới nghe được {seconds:.0f}; hãy nói lâu hơn một "
        "chút."
    ),
    "sample.silent": "Tôi gần như không nghe thấy bạn; hãy ghi lại, gần micrô hơn.",
    "sample.clipped": "Tiếng to quá nên bị rè; hãy ghi lại, xa micrô hơn hoặc nói nhỏ hơn.",
    "sample.noisy": "Xung quanh bạn ồn quá; hãy ghi lại ở chỗ yên tĩnh hơn.",
    "sample.voices": (
        "Tôi nghe thấy nhiều hơn một giọng; hãy ghi lại một mình, không có nhạc hay tivi."
    ),
    "consent": "Chưa có lời đồng ý để tạo giọng này; hãy đọc và ghi lại câu đó.",
    "consent.words": (
        "Tôi chưa nghe được câu đó; hãy đọc to đúng như câu được hiện ra, trong một lần ghi."
    ),
    "consent.voice": (
        "Giọng đọc câu này nghe khác với bản ghi mẫu; cả hai phải do cùng một người ghi."
    ),
    "clip.unlike": "Bản ghi bằng giọng của bạn không đọc đúng lời, nên tôi không gửi.",
    "voice.caption": (
        "🤖 Giọng tổng hợp: máy đọc bản dịch này bằng bản sao giọng nói của bạn. "
        "Mất {seconds:.0f} giây."
    ),
    "voice.failed": "Không tạo được giọng của bạn cho tin nhắn này. {reason}",
    "latents": "Giọng đã lưu của bạn không còn dùng được; hãy ghi bản mẫu mới.",
    "engine.unavailable.clone": (
        "Ở đây chưa cài phần tạo giọng riêng; người vận hành bot có thể thêm."
    ),
}
"""Mẫu câu theo mã."""

CONSENT: Final = "Tôi cho phép Dragoman nói bằng bản sao giọng của tôi: {phrase}."
"""Câu mà người dùng đọc to; phần cuối được rút ngẫu nhiên mỗi lần, nên không dùng bản ghi có sẵn
được."""

PHRASES: Final = (
    "chiếc thuyền xanh đợi dưới chân cầu cũ",
    "bà tôi trồng hoa hồng ở sau nhà",
    "chuyến tàu lên núi khởi hành vào buổi tối",
    "bảy con chim ngủ trên cây cam",
    "bánh mì nóng ăn với bơ vào mùa đông",
    "các em nhỏ vẽ một con voi màu vàng",
    "mưa rơi nhẹ trên khu chợ vắng người",
    "cô hàng xóm đánh đàn vào mỗi chủ nhật",
    "con ngựa trắng chạy dọc theo bờ sông",
    "ly cà phê sữa nằm trên bàn bếp",
    "bác sĩ đọc một lá thư dài trong đêm",
    "cá tươi và chanh được đặt trên đá lạnh",
    "hai người bạn đi qua khu rừng yên tĩnh",
    "thầy giáo để quên chiếc ô ở trường",
    "nhiều ngôi sao sáng trên mặt hồ tối",
    "con mèo đen xem tivi cùng với tôi",
)
"""Từ ngữ hằng ngày mà máy nhận dạng biết; không có tên riêng, không có số viết bằng chữ số."""
