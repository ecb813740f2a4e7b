"""Câu mà một người đọc to để đồng ý cho tạo bản sao giọng nói của mình."""

from typing import Final

CONSENT: Final = "Tôi cho phép Dragoman nói bằng bản sao giọng của tôi: {phrase}."
"""Phần trước dấu hai chấm giống nhau cho mọi người; phần sau được rút riêng cho mỗi lần đọc."""

PHRASE: Final = "{} {} {} {} {} {}"
"""Mỗi danh sách cho một từ; chưa ai từng ghi âm câu đó."""

# fmt: off
WORDS: Final = (
    (
        "bác sĩ", "cô giáo", "ông ngoại", "cô thợ may", "anh tài xế", "người nông dân",
        "em học sinh", "chú cảnh sát", "cô y tá", "người nấu ăn", "người đánh cá",
        "vị khách du lịch", "cô ca sĩ", "anh hàng xóm", "bạn cùng lớp", "thầy hiệu trưởng",
        "người làm vườn", "bà bán hoa", "anh bộ đội", "ông thuyền trưởng", "nhà báo", "luật sư",
        "vận động viên", "bác thợ mộc", "diễn viên", "chú phi công", "giáo sư", "em gái tôi",
    ),
    (
        "vui tính", "hiền lành", "mệt mỏi", "thông minh", "chăm chỉ", "trẻ tuổi", "tốt bụng",
        "cẩn thận", "nhút nhát", "nóng nảy", "lười biếng", "lịch sự", "tò mò", "giàu có",
        "cao lớn", "buồn ngủ", "nổi tiếng", "khéo tay", "xinh đẹp", "vội vàng", "đãng trí",
        "nghiêm khắc", "dễ thương", "hài hước",
    ),
    (
        "tìm thấy", "mang theo", "đánh mất", "lau sạch", "ngắm nhìn", "cất giữ", "chụp ảnh",
        "gói kín", "bán rẻ", "vẽ lại", "chạm vào", "chọn mua", "mượn tạm", "nhận được",
        "giới thiệu", "bỏ quên", "trang trí", "ôm chặt", "gửi tặng", "nâng niu", "tháo rời",
        "để dành", "yêu thích", "khen ngợi",
    ),
    (
        "chiếc đèn", "cái thang", "cây đàn", "xe đạp", "tấm gương", "cái gối", "cuốn sách",
        "bức tranh", "quả bóng", "đôi giày", "khăn quàng", "máy ảnh", "tờ báo", "bó hoa",
        "va li", "con búp bê", "bình nước", "nón lá", "ổ bánh mì", "cái kéo", "hộp kẹo",
        "tấm thảm", "đồng hồ", "ngọn nến", "áo khoác", "chìa khóa", "chậu cây", "rổ trứng",
    ),
    (
        "màu vàng", "bằng gỗ", "rất nặng", "cũ kỹ", "bé xíu", "đắt tiền", "tím nhạt", "sạch sẽ",
        "tròn xoe", "dễ vỡ", "mới tinh", "lấp lánh", "bụi bặm", "mềm mại", "vuông vức",
        "xanh lá cây", "đỏ tươi", "kỳ lạ", "ướt sũng", "hơi cong", "thơm phức", "xinh xắn",
        "nhiều màu", "nhẹ tênh",
    ),
    (
        "ở sau trường", "bên bờ sông", "trong bếp", "dưới gầm cầu", "trước bữa sáng",
        "ngoài ban công", "giữa cơn mưa", "cạnh nhà ga", "trên bãi biển", "lúc nửa đêm",
        "gần bệnh viện", "sau buổi hòa nhạc", "trong thư viện", "ở sân bay", "vào mùa hè",
        "bên cửa sổ", "trên tàu hỏa", "giữa khu rừng", "ở quán nước", "trong buổi tiệc",
        "ngoài đồng ruộng", "khi trời tối", "trước lễ cưới", "quanh bờ hồ",
    ),
)
# fmt: on
"""Từ ngữ hằng ngày mà máy nhận dạng biết; không có tên riêng, số, hay từ phủ định và từ chối."""
