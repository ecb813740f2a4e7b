"""Những gì người dùng đọc: lệnh, thẻ, nút, điều còn ngờ."""

from typing import Final

SENTENCES: Final = {
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
    "menu.settings": "Nhóm hay máy chủ này muốn gì, dành cho quản trị viên",
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
    "card.server": "Trong máy chủ này",
    "card.channel": "Trong kênh này",
    "card.active": "dịch mọi tin thoại",
    "card.asked": "chỉ dịch khi có người nhờ",
    "card.all": "mọi người",
    "card.admins": "quản trị viên",
    "card.glossary.mine": "Thuật ngữ của bạn: {count}",
    "card.glossary.chat": "Thuật ngữ của nhóm này: {count}",
    "card.glossary.kept": "{term} (giữ nguyên)",
    "card.glossary.add": "Viết một tên để giữ nguyên, hoặc “thuật ngữ = bản dịch”.",
    "card.status": "Đang xử lý: {working}. Đang chờ: {waiting}.",
    "card.status.smaller": (
        "Đang có nhiều tin chờ nên bot nghe vội hơn thường lệ; tin nào chưa gấp thì hãy gửi sau."
    ),
    "card.status.text_only": (
        "Đang có rất nhiều tin chờ nên bot chỉ trả lời bằng chữ; tin nào chưa gấp thì hãy gửi sau."
    ),
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
    "card.mydata": (
        "Mọi dữ liệu về bạn: lựa chọn, thuật ngữ, việc các tin đã được trả lời, lời bạn nói trong "
        "những cuộc gọi có lưu bản chép lời, và giọng riêng của bạn."
    ),
    "card.mydata.export": "Đây là mọi dữ liệu về bạn.",
    "card.mydata.sure": (
        "Lựa chọn, thuật ngữ, các tin, giọng riêng và lời bạn nói trong những cuộc gọi được lưu sẽ "
        "bị xóa trên mọi tài khoản đã liên kết, cùng mọi chữ và giọng đọc đang lưu tạm. Nếu bạn đã "
        "chọn không để tôi nghe trong cuộc gọi, lựa chọn đó cũng mất. Không thể hoàn tác."
    ),
    "card.mydata.receipt": (
        "Đã xóa: {accounts} tài khoản cùng lựa chọn, {terms} thuật ngữ, {notes} tin, {codes} "
        "mã và lần thử liên kết, {lines} câu trong các cuộc gọi, {cached} chữ và giọng đọc lưu "
        "tạm, {voices} giọng riêng cùng {clips} đoạn và {grants} lượt cho phép."
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
    "doubt.hurried": "nghe vội vì nhiều tin đang chờ",
    "doubt.unspoken": "lần này không có giọng nói vì nhiều tin đang chờ",
}
