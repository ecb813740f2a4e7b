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
    "configuration": "Không dùng được thiết lập {setting}: {reason}; hãy sửa rồi khởi động lại.",
    "configuration.no_platform": (
        "Chưa có nền tảng chat nào; "
        "hãy ghi token của bot dưới [telegram] trong settings.toml, "
        "hoặc đặt biến DRAGOMAN_TELEGRAM__TOKEN."
    ),
    # what is remembered
    "storage": "Không truy cập được dữ liệu đã lưu; người vận hành hãy xem nhật ký.",
    "storage.corrupt": "Cơ sở dữ liệu {path} bị hỏng; hãy khôi phục bản sao lưu hoặc dời nó đi.",
    "storage.foreign": "Cơ sở dữ liệu {path} là của chương trình khác; hãy chọn đường dẫn khác.",
    "storage.newer": (
        "Cơ sở dữ liệu {path} do bản mới hơn ghi; hãy cài bản đó hoặc khôi phục bản sao lưu."
    ),
    "storage.migration": (
        "Chưa nâng cấp được cơ sở dữ liệu {path}, nó vẫn như cũ; hãy xem nhật ký."
    ),
    "storage.locked": "Tiến trình khác đang dùng cơ sở dữ liệu {path}; hãy dừng nó rồi chạy lại.",
    "storage.full": "Không còn chỗ cho cơ sở dữ liệu {path}; hãy dọn bớt rồi chạy lại.",
    "storage.unavailable": "Không dùng được cơ sở dữ liệu {path}; hãy kiểm tra thư mục và quyền.",
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
    "busy.stopping": "Bot đang khởi động lại; bạn hãy gửi lại tin này sau một phút.",
    "busy.restarted": "Bot đã khởi động lại khi đang xử lý tin này; bạn hãy gửi lại.",
    # answers to notes
    "reply.waiting": "Tin của bạn đứng thứ {place} trong hàng chờ; câu trả lời sẽ tự đến.",
    "reply.unspoken": "Lần này chưa đọc thành tiếng được; phần chữ ở trên vẫn đầy đủ.",
    "reply.no_voice": "Chưa có giọng đọc cho ngôn ngữ này; phần chữ ở trên vẫn đầy đủ.",
    "reply.which": "Hãy trả lời tin nhắn thoại bạn muốn hiểu bằng /translate.",
    "reply.aside": (
        "Tôi không được viết ở nơi bạn nhờ; hãy hỏi quản trị viên ở đó, hoặc gửi tin thoại vào đây."
    ),
    "reply.unseen": (
        "Telegram chưa cho tôi thấy tin thoại ở đây; hãy cho tôi làm quản trị viên, hoặc tắt chế "
        "độ riêng tư của tôi qua @BotFather rồi thêm tôi lại."
    ),
    # commands, as a menu shows them
    "menu.start": "Bắt đầu với ba lần chạm",
    "menu.help": "Bot làm được gì",
    "menu.language": "Bạn nói tiếng gì, người khác nhận tiếng gì",
    "menu.voice": "Nghe câu trả lời: bật hay tắt, giọng nào, nhanh chậm",
    "menu.settings": "Nhóm này muốn gì, dành cho quản trị viên",
    "menu.glossary": "Tên và thuật ngữ: giữ nguyên hoặc dịch theo ý bạn",
    "menu.status": "Bot đang làm gì, thường mất bao lâu",
    "menu.privacy": "Những gì được lưu, và lưu bao lâu",
    "menu.mydata": "Mọi dữ liệu về bạn: nhận về hoặc xóa đi",
    "menu.link": "Dùng chung lựa chọn với nền tảng khác",
    "menu.translate": "Hiểu tin nhắn thoại mà bạn trả lời",
    "word.add": "thêm",
    "word.remove": "xóa",
    # cards
    "card.help": (
        "Gửi tôi một tin nhắn thoại, tôi sẽ trả lời ý nghĩa của nó bằng chữ và bằng giọng "
        "nói.\nTrong nhóm, hãy trả lời một tin thoại bằng chữ “dịch”, hoặc nhờ quản trị viên "
        "bật tôi trong /settings."
    ),
    "card.stale": "Nút này đã cũ; hãy gửi lại lệnh.",
    "card.not_yours": "Đây là nút của người khác; bạn hãy tự gửi lệnh.",
    "card.private_only": "Việc này chỉ dành cho riêng bạn; hãy nhắn riêng cho tôi.",
    "card.start.spoken": (
        "Xin chào! Tôi chuyển tin nhắn thoại sang ngôn ngữ kia.\n1/3: bạn nói tiếng gì?"
    ),
    "card.start.voice": "3/3: bạn có muốn nghe bản dịch không?",
    "card.start.others": "2/3: người khác nhận tiếng gì?",
    "card.start.done": (
        "Xong. Hãy gửi tôi một tin thoại; /language và /voice để đổi lại bất cứ lúc nào."
    ),
    "card.language": "Bạn nói: {spoken}\nNgười khác nhận: {target}\nNhận diện trong số: {allowed}",
    "card.language.none": "Tôi không biết ngôn ngữ này; hãy viết tên khác hoặc mã như vi.",
    "card.language.found": "Bạn muốn gì với ngôn ngữ này?",
    "card.detected": "tự nhận diện",
    "card.first_other": "ngôn ngữ đầu tiên trong {languages} khác với tiếng đang nói",
    "card.every": "mọi ngôn ngữ",
    "card.automatic": "tự động",
    "card.pick.spoken": "Bạn nói tiếng gì? Chạm vào một ngôn ngữ hoặc viết tên.",
    "card.pick.target": "Lời bạn nói được dịch sang tiếng gì? Chạm hoặc viết tên.",
    "card.pick.allowed": "Nghe những ngôn ngữ nào? Chạm để thêm hoặc bỏ, hoặc viết tên.",
    "card.pick.locale": "Tôi nên nói với bạn bằng tiếng gì?",
    "card.voice.on": "Bạn được nghe câu trả lời.\nGiọng: {voice}\nTốc độ: {speed}",
    "card.voice.off": "Bạn chỉ nhận chữ.\nGiọng: {voice}\nTốc độ: {speed}",
    "card.voice.names": "Dùng giọng nào để đọc {language}?",
    "card.settings": (
        "{where}\nTin thoại: {active}\nNgười khác nhận: {target}\nNhận diện trong số: "
        "{allowed}\nAi được đổi: {who}"
    ),
    "card.settings.admins": (
        "Chỉ quản trị viên của nhóm được đổi; lựa chọn riêng của bạn ở /language."
    ),
    "card.chat": "Trong nhóm này",
    "card.topic": "Trong chủ đề này",
    "card.active": "dịch mọi tin thoại",
    "card.asked": "chỉ dịch khi có người nhờ",
    "card.all": "mọi người",
    "card.admins": "quản trị viên",
    "card.glossary.mine": "Thuật ngữ của bạn: {count}",
    "card.glossary.chat": "Thuật ngữ của nhóm này: {count}",
    "card.glossary.kept": "{term} (giữ nguyên)",
    "card.glossary.add": "Viết một tên để giữ nguyên, hoặc “thuật ngữ = bản dịch”.",
    "card.status": "Đang xử lý: {working}. Đang chờ: {waiting}.",
    "card.status.typical": "Một tin thường được trả lời trong {seconds} giây.",
    "card.status.yours": "Vị trí của bạn trong hàng chờ: {places}.",
    "card.privacy": (
        "Bản ghi âm bị xóa ngay sau khi nghe xong, và không lời nào được ghi vào nhật ký. Câu "
        "đã dịch được lưu {hours:g} giờ, giọng đọc {speech:g} giờ, để khỏi phải làm lại. Việc "
        "một tin đã được trả lời và mất bao lâu được lưu 30 ngày, không kèm một lời nào."
    ),
    "card.privacy.gtts": (
        "Một số ngôn ngữ được đọc bằng giọng của Google: khi đó bản dịch được gửi cho Google."
    ),
    "card.privacy.libretranslate": (
        "Một số câu được dịch bởi máy chủ LibreTranslate do người vận hành bot chọn."
    ),
    "card.privacy.yours": "/mydata cho bạn nhận hoặc xóa mọi dữ liệu về bạn.",
    "card.mydata": "Mọi dữ liệu về bạn: lựa chọn, thuật ngữ, và việc các tin đã được trả lời.",
    "card.mydata.export": "Đây là mọi dữ liệu về bạn.",
    "card.mydata.sure": (
        "Lựa chọn, thuật ngữ và các tin của bạn sẽ bị xóa trên mọi tài khoản đã liên kết, cùng "
        "mọi chữ và giọng đọc đang lưu tạm. Không thể hoàn tác."
    ),
    "card.mydata.receipt": (
        "Đã xóa: {accounts} tài khoản cùng lựa chọn, {terms} thuật ngữ, {notes} tin, {codes} "
        "mã và lần thử liên kết, {cached} chữ và giọng đọc lưu tạm."
    ),
    "card.link": "Số tài khoản dùng chung lựa chọn của bạn: {count}.",
    "card.link.code": "Gửi dòng này cho tôi trên nền tảng kia trong vòng mười phút:\n/link {code}",
    "card.link.redeem": "Hãy viết mã lấy từ nền tảng kia.",
    "card.link.done": "Đã liên kết: {count} tài khoản dùng chung lựa chọn của bạn.",
    "card.link.parted": "Đã tách: tài khoản này giữ bản sao riêng các lựa chọn.",
    "card.link.alone": "Tài khoản này chưa được liên kết.",
    # buttons
    "tap.back": "← Quay lại",
    "tap.again": "Xem lại",
    "tap.add": "Thêm…",
    "tap.spoken": "Tôi nói…",
    "tap.target": "Người khác nhận…",
    "tap.allowed": "Ngôn ngữ được nghe…",
    "tap.locale": "English / Tiếng Việt",
    "tap.none.spoken": "Tự nhận diện",
    "tap.none.target": "Tự động",
    "tap.none.allowed": "Mọi ngôn ngữ",
    "tap.offer.spoken": "Tôi nói: {language}",
    "tap.offer.target": "Người khác nhận: {language}",
    "tap.start.target": "Tôi nói nhiều thứ tiếng",
    "tap.start.voice": "Tự động",
    "tap.voice.on": "Cho tôi nghe câu trả lời",
    "tap.voice.off": "Chỉ cần chữ",
    "tap.voice.text": "Chỉ chữ",
    "tap.voice.both": "Chữ và giọng đọc",
    "tap.voice": "Chọn giọng…",
    "tap.automatic": "Tự động",
    "tap.active": "Dịch mọi tin",
    "tap.asked": "Chỉ khi có người nhờ",
    "tap.admins": "Chỉ quản trị viên quyết định",
    "tap.all": "Để mọi người quyết định",
    "tap.glossary.mine": "Thuật ngữ của tôi",
    "tap.glossary.chat": "Thuật ngữ của nhóm",
    "tap.mydata.export": "Nhận dưới dạng tệp",
    "tap.mydata.delete": "Xóa…",
    "tap.mydata.sure": "Xóa tất cả",
    "tap.link.offer": "Tạo mã",
    "tap.link.redeem": "Nhập mã",
    "tap.link.part": "Tách tài khoản này",
    # doubts, by reason
    "doubt.loop": "bị lặp lại",
    "doubt.invented": "có thể không ai nói câu này",
    "doubt.unsure": "nghe không rõ",
    "doubt.numbers": "các con số khác nhau",
    "doubt.links": "các địa chỉ khác nhau",
    "doubt.length": "có thể thiếu nội dung",
    "doubt.untranslated": "chưa dịch",
    "doubt.terms": "thiếu một thuật ngữ đã định",
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
    # dragoman check
    "check.fine": "Các thiết lập đều ổn và mọi mô hình cần dùng đều có đủ.",
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
        "{child:,.0f})"
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
"""Templates by code or name."""
