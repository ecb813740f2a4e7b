"""Những gì người vận hành đọc."""

from typing import Final

SENTENCES: Final = {
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
    # dragoman backup
    "backup.done": "Đã sao lưu xong: {path}",
    # dragoman restore
    "restore.done": "Cơ sở dữ liệu {path} giờ là {copy}; hãy khởi động Dragoman.",
    "restore.replaced": (
        "Cơ sở dữ liệu {path} giờ là {copy}; bản trước đó nằm ở {aside}: hãy khởi động Dragoman, "
        "và xóa bản đó khi không cần nữa."
    ),
    # settings that change while “dragoman run” runs
    "reload.taken": "Các thiết lập này đã đổi và có hiệu lực từ bây giờ: {settings}.",
    "reload.restart": "Các thiết lập này có hiệu lực sau khi khởi động lại: {settings}.",
    "reload.same": "Đã đọc lại các thiết lập, không có gì thay đổi.",
    "reload.refused": "Các thiết lập vẫn như cũ. {problem}",
    # dragoman check
    "check.fine": "Các thiết lập đều ổn và mọi mô hình cần dùng đều có đủ.",
    "check.invite": "Mời bot vào máy chủ Discord của bạn: {link}",
    # dragoman health
    "health.fine": "Ổn.",
    "health.ready": "Mọi thứ đều ổn.",
    "health.silent": "Không ai trả lời ở {address}; “dragoman run” có đang chạy không?",
    "health.off": "Chưa hỏi được: hãy đặt monitoring.port, hoặc DRAGOMAN_MONITORING__PORT.",
    "health.starting": "Mục kiểm tra “{check}” chưa được thực hiện lần nào.",
    "health.slow": "Mục kiểm tra “{check}” quá lâu: đĩa hoặc mạng có thể đang quá tải.",
    "health.unchecked": "Mục “{check}” được kiểm tra lần cuối {seconds} giây trước; hãy xem log.",
    "health.database": (
        "Không ghi được vào cơ sở dữ liệu ({code}); hãy kiểm tra đĩa và quyền truy cập."
    ),
    "health.disk": "Đĩa chứa cơ sở dữ liệu chỉ còn {free_mib} MiB; hãy dọn bớt.",
    "health.disk.unreadable": "Không xem được thư mục của cơ sở dữ liệu; đĩa có còn đó không?",
    "health.platform": "{platform} chưa kết nối; nếu kéo dài, hãy kiểm tra mạng và xem log.",
    "health.worker.stuck": (
        "Tiến trình “{worker}” kẹt ở một lệnh đã {seconds} giây; hãy khởi động lại Dragoman."
    ),
    "health.worker.restarts": (
        "Tiến trình “{worker}” đã khởi động {count} lần trong mười phút; hãy xem log và kiểm tra "
        "có đủ bộ nhớ không."
    ),
    "health.calls": (
        "Không nghe được {count} cuộc gọi dù đã thử mọi cách; hãy rời ra rồi vào lại."
    ),
    # dragoman bench
    "bench.measuring": "đang đo",
    "bench.machine": (
        "{cpu}, {cores} nhân, {memory_gib} GiB; tải máy trước {load[0]}, sau {load[1]}"
    ),
    "bench.setup": (
        "{models}; {threads} luồng, {runs} lượt, cửa sổ {window}; mili giây, p50 / p95"
    ),
    "bench.random": "{model} (trọng số ngẫu nhiên)",
    "bench.stages": "Từ lời nói đến chữ, bản dịch và giọng đọc",
    "bench.seconds": "đoạn",
    "bench.decode": "giải mã",
    "bench.hear": "nghe",
    "bench.translate": "dịch",
    "bench.text": "có chữ",
    "bench.speak": "đọc",
    "bench.total": "tất cả",
    "bench.factor": "có chữ / đoạn",
    "bench.recognition": "So sánh phần nhận dạng, gồm cả giải mã",
    "bench.who": "bởi",
    "bench.who.ours": "Dragoman, tự nhận ngôn ngữ",
    "bench.who.ours.given": "Dragoman, biết trước ngôn ngữ",
    "bench.who.ours.other_window": "Dragoman, cửa sổ {window}",
    "bench.who.bare": "thư viện với tùy chọn của Dragoman, biết trước ngôn ngữ",
    "bench.who.stock": "faster-whisper mặc định, tự nhận ngôn ngữ",
    "bench.who.stock.given": "faster-whisper mặc định, biết trước ngôn ngữ",
    "bench.who.transformers": "Transformers, float32, trọng số ngẫu nhiên",
    "bench.overhead": "Đến khi có chữ, Dragoman thêm vào thư viện thuần: {shares}",
    "bench.passes": (
        "Số lần mã hóa, tự nhận / biết trước ngôn ngữ: Dragoman {ours} / {ours_given}, "
        "faster-whisper {stock} / {stock_given}"
    ),
    "bench.cached": "Bản dịch đã nhớ: {p50_ms:.1f} / {p95_ms:.1f} ms",
    "bench.narrowed": (
        "Dịch lời của đoạn {seconds:g} giây: {wide:,.0f} ms, thu hẹp {narrowed:,.0f} ms"
    ),
    "bench.memory": (
        "Bộ nhớ cao nhất: {ours:,.0f} MiB (tiến trình này {parent:,.0f}, tiến trình con "
        "{child:,.0f}, bộ giải mã {decoder:,.0f})"
    ),
    "bench.memory.other": "Bộ nhớ cao nhất của {who}: {peak:,.0f} MiB",
    "bench.absent.transformers": (
        "Transformers không chạy: cần --shape và phần bổ sung “convert”."
    ),
    "bench.absent.ours.narrowed": "Không thu hẹp mô hình dịch: bộ từ vựng vốn đã nhỏ.",
    "bench.nonsense": (
        "Trọng số ngẫu nhiên tốn công như thật nhưng không nói gì: mỗi bên viết một số từ cố định, "
        "và chữ viết ra không có nghĩa."
    ),
    "bench.clone": (
        "{model}, {threads} luồng, niceness {niceness}: nạp trong {load_s} giây, "
        "học một giọng trong {learn_s} giây, nghe lại một đoạn trong {hear_s} giây, "
        "nhiều nhất {memory_mib:,} MiB; tải trước "
        "{machine_load[0]}, sau {machine_load[1]}"
    ),
    "bench.clone.spoken": (
        "{characters} ký tự: {speech_s} giây tiếng nói trong {took_s} giây; {real_time_factor} "
        "giây cho mỗi giây"
    ),
    "bench.clone.text": (
        "Đến văn bản của một tin, p50: {text_alone_p50_ms:,} ms khi rảnh, {text_beside_p50_ms:,} "
        "ms khi việc tạo giọng nhường chỗ ({slower_percent:+} %), {text_against_p50_ms:,} ms khi "
        "không nhường"
    ),
    # dragoman models
    "models.model": "mô hình",
    "models.transcriber": "giọng nói thành chữ",
    "models.translator": "dịch",
    "models.synthesizer": "giọng đọc",
    "models.cloner": "giọng của chính mình",
    "models.diarizer": "ai đang nói",
    "models.embedder": "ngữ cảnh tài liệu",
    "models.state": "trạng thái",
    "models.languages": "ngôn ngữ",
    "models.disk": "đĩa",
    "models.memory": "bộ nhớ",
    "models.licence": "giấy phép",
    "models.money": "thương mại",
    "models.yes": "được",
    "models.no": "không",
    "models.ready": "sẵn sàng",
    "models.absent": "chưa tải",
    "models.unconverted": "chờ chuyển đổi",
    "models.damaged": "bị hỏng",
    "models.done": "{model}: xong.",
    "models.narrowed": "{model} giờ viết bằng {kept:,} mảnh từ; “dragoman models widen” để bỏ.",
}
