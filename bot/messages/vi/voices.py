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
    "consent.drawn_out": (
        "Mỗi ngày tôi chỉ cho một người xem {limit} câu, và bạn đã xem hết; ngày mai hãy gửi lại "
        "/voice enroll."
    ),
    "consent.voice": (
        "Giọng đọc câu này nghe khác với bản ghi mẫu; cả hai phải do cùng một người ghi."
    ),
    "clip.unlike": "Bản ghi bằng giọng của bạn không đọc đúng lời, nên tôi không gửi.",
    "voice.caption": (
        "🤖 Giọng tổng hợp: máy đọc bản dịch này bằng bản sao giọng nói của bạn. "
        "Mất {seconds:.0f} giây."
    ),
    # vì sao không có đoạn tiếng: nói câu gần nhất với mã đã kết thúc nó
    "voice.failed": "Không tạo được giọng của bạn cho tin nhắn này.",
    "voice.failed.clip": (
        "Đoạn tiếng tạo bằng giọng của bạn nói không đúng lời nên không được gửi đi."
    ),
    "voice.failed.engine.too_long": (
        "Tin này quá dài để nói bằng giọng của bạn; bạn hãy gửi từng phần ngắn hơn."
    ),
    "voice.failed.latents": (
        "Giọng đã lưu của bạn không dùng được nữa; bạn hãy ghi mẫu mới bằng /voice enroll."
    ),
    "voice.failed.model": (
        "Không tạo được giọng của bạn: thiếu mô hình hoặc mô hình bị hỏng; bạn hãy báo cho người "
        "vận hành bot này."
    ),
    "voice.failed.platform": ("Giọng của bạn cho tin nhắn này đã tạo xong nhưng không gửi được."),
    "voice.failed.premium": "Hôm nay bạn đã dùng hết số phút giọng riêng; ngày mai lại có.",
    "voice.failed.storage.seal": (
        "Không đọc được giọng đã lưu của bạn; bạn hãy báo cho người vận hành bot này."
    ),
    "voice.failed.worker.timeout": (
        "Giọng của bạn cho tin này mất quá nhiều thời gian nên đã dừng; bạn hãy gửi từng phần ngắn "
        "hơn."
    ),
    "latents": "Giọng đã lưu của bạn không còn dùng được; hãy ghi bản mẫu mới.",
    "engine.unavailable.clone": (
        "Ở đây chưa cài phần tạo giọng riêng; người vận hành bot có thể thêm."
    ),
    # ghi giọng: trả lời cho các bản ghi
    "enrol.sampled": "Bản ghi mẫu tốt: {seconds:.0f} giây tiếng nói.",
    "enrol.collected": "Tôi đã có {seconds:.0f} giây tiếng nói rõ của bạn: đủ làm mẫu.",
    "enrol.read": (
        "Nếu bạn đồng ý, hãy đọc to câu này trong một lần ghi, chỉ một mình bạn. Trước khi bạn "
        "đọc, tôi chưa lưu gì cả; sau đó bản mẫu và những gì tôi học được từ nó được lưu, có mã "
        "hóa, cho đến khi bạn xóa hoặc hết hạn.\n\n“{sentence}”"
    ),
    "enrol.done": (
        "Xong: đây là giọng của bạn, đến ngày {until}. Dùng /voice own để nghe thử, giữ lâu hơn "
        "hoặc xóa. Những gì đọc bằng giọng này luôn được ghi rõ là giọng tổng hợp."
    ),
    "enrol.one": "Tôi còn đang nghe bản ghi trước; hãy làm theo hướng dẫn ở đó.",
    "enrol.over": "Lần ghi giọng này đã kết thúc, không có gì được lưu; /voice enroll để ghi lại.",
    "enrol.tries": (
        "Đó là lần thử cuối: việc ghi giọng đã dừng, không có gì được lưu. /voice enroll để ghi "
        "lại."
    ),
    "enrol.forwarded": (
        "Chỉ bản do chính bạn ghi mới làm giọng của bạn được; đừng gửi bản chuyển tiếp."
    ),
    # lệnh trong bảng chọn
    "menu.premium": "Giọng riêng: ai được dùng, đến khi nào, bao nhiêu mỗi ngày",
    # giọng riêng của một người
    "card.own.none": (
        "Tôi có thể đọc lại bản dịch bằng chính giọng của bạn, sau phần chữ một lúc. Bạn chưa ghi "
        "giọng."
    ),
    "card.own.kept": (
        "Tôi có thể đọc bằng giọng của bạn. Bạn đã đồng ý ngày {since}, bằng {language}; bản mẫu "
        "{seconds:.0f} giây được giữ đến ngày {until}."
    ),
    "card.own.languages": "Giọng riêng đọc được: {languages}.",
    "card.own.without": (
        "Ở đây giọng riêng của bạn không đọc được {language}; bản dịch sang tiếng đó chỉ có giọng "
        "thường."
    ),
    "card.own.unpaid": (
        "Ở đây chưa ai cho phép bạn nghe bằng giọng riêng: người vận hành bot, hoặc người quản lý "
        "nhóm hay máy chủ, có thể cho phép bằng /premium."
    ),
    "card.own.left": "Hôm nay bạn còn {minutes:g} phút ở đây.",
    "card.own.sure": (
        "Bản mẫu và mọi thứ tôi học được từ đó sẽ bị xóa ngay, trên mọi tài khoản đã liên kết, "
        "cùng các đoạn chưa gửi. Không thể hoàn tác."
    ),
    "card.own.receipt": (
        "Đã xóa: {voices} bản mẫu cùng lời đồng ý, {latents} bộ đặc trưng học từ đó, {jobs} đoạn "
        "đã yêu cầu."
    ),
    "card.own.tested": "Đang làm: một câu ngắn bằng giọng của bạn sẽ đến khi xong.",
    "card.own.tested.again": (
        "Bạn đã nghe câu đó, hoặc nó còn đang được làm; gửi /voice own để nghe lại lần nữa."
    ),
    "card.enrol": (
        "1. Bây giờ hãy ghi từ {least:g} đến {most:g} giây giọng bạn và gửi vào đây: một mình, ở "
        "chỗ yên tĩnh, nói gì cũng được. Tôi đợi {minutes} phút.\n2. Sau đó tôi cho bạn xem một "
        "câu nói rằng bạn đồng ý. Hãy đọc to câu đó."
    ),
    "card.enrol.terms": (
        "Được lưu, có mã hóa, trong {days:g} ngày trừ khi bạn gia hạn: bản mẫu và những gì tôi học "
        "được về giọng bạn. Chỉ dùng cho bản dịch của chính bạn, và đoạn nào cũng ghi rõ là giọng "
        "tổng hợp. /voice delete xóa tất cả ngay lập tức."
    ),
    "card.enrol.alone": "Việc này chỉ dành riêng cho bạn: hãy nhắn riêng cho tôi /voice enroll.",
    "card.enrol.alone.calls": (
        "Việc này chỉ dành riêng cho bạn: hãy gửi /voice enroll trong tin nhắn riêng, hoặc đính "
        "kèm bản ghi vào lệnh đó ở đây."
    ),
    "card.enrol.collecting": (
        "Cảm ơn bạn. Trong một giờ, tôi gom tiếng nói rõ từ những tin thoại bạn gửi vào đây, chỉ "
        "giữ trong bộ nhớ, cho đủ 10 giây. Sau đó tôi nhờ bạn đọc một câu nói rằng bạn đồng ý; "
        "không có câu đó thì không có gì được lưu."
    ),
    "card.link.voice": (
        "Chỉ liên kết các tài khoản của chính bạn: giọng riêng của bạn cũng thành của chúng, để "
        "nghe bản dịch và để xóa."
    ),
    "own.phrase": "Xin chào! Đây là giọng của tôi khi máy tính nói bằng bản sao giọng tôi.",
    "tap.own": "Giọng riêng của tôi…",
    "tap.own.enroll": "Ghi giọng…",
    "tap.own.again": "Ghi lại từ đầu…",
    "tap.own.test": "Cho tôi nghe thử",
    "tap.own.renew": "Giữ lâu hơn",
    "tap.own.delete": "Xóa…",
    "tap.own.sure": "Xóa giọng của tôi",
    "tap.enrol.collect": "Gom từ các tin thoại của tôi",
    "tap.enrol.cancel": "Hủy",
    "discord.option.recording": "Bản ghi mẫu, hoặc câu bạn được nhờ đọc",
    "discord.enrol.opened": "Tôi đã nhắn riêng cho bạn; hãy tiếp tục ở đó: {link}",
    "discord.enrol.attach": (
        "Tôi không nhắn riêng cho bạn được; hãy cho phép tin nhắn từ thành viên máy chủ này, hoặc "
        "đính kèm bản ghi vào /voice enroll."
    ),
    "menu.voice.answers": "Nghe câu trả lời: bật hay tắt, giọng nào, nhanh chậm",
    "menu.voice.own": "Giọng riêng của bạn: lưu gì, nghe thử, giữ lâu hơn, xóa",
    "menu.voice.delete": "Xóa giọng riêng của bạn, ngay và vĩnh viễn",
    "menu.voice.enroll": "Ghi giọng của bạn, để nghe bản dịch bằng giọng đó",
    # dưới các lệnh khác
    "card.status.own": "Đoạn bằng giọng riêng đang làm: {working}. Đang chờ: {waiting}.",
    "card.status.own.place": "Đoạn của bạn đứng thứ {place}: {when}.",
    "card.status.own.now": "Đoạn của bạn đang được làm: {when}.",
    "card.status.own.made": "Đoạn của bạn đã làm xong và đang được gửi.",
    "card.status.own.again": (
        "Đoạn của bạn đã làm xong nhưng chưa gửi được; tôi thử lại sau khoảng {minutes} phút."
    ),
    "card.status.own.unknown": "ở đây chưa biết sẽ mất bao lâu",
    "card.status.own.seconds": "khoảng {seconds} giây nữa, nếu không ai gửi tin",
    "card.status.own.minutes": "khoảng {minutes} phút nữa, nếu không ai gửi tin",
    "card.privacy.own": (
        "Nếu bạn đã ghi giọng riêng: bản mẫu và những gì học được từ đó được lưu, có mã hóa, "
        "{days:g} ngày sau khi bạn đồng ý hoặc gia hạn, cùng việc ai đã đồng ý và khi nào. /voice "
        "delete xóa hết. Các đoạn chờ gửi cũng được mã hóa, và bị xóa khi đã gửi."
    ),
    # quyền dùng giọng riêng
    "grant": "Chưa đúng; hãy viết số ngày, nhiều nhất {days}, và số phút, nhiều nhất {minutes}.",
    "card.premium": (
        "Ở đây bạn được nghe bằng giọng riêng đến {until}: {minutes} phút mỗi ngày, hôm nay còn "
        "{left}."
    ),
    "card.premium.none": (
        "Ở đây bạn chưa được nghe bằng giọng riêng; người vận hành bot, hoặc người quản lý nhóm "
        "hay máy chủ, có thể cho phép."
    ),
    "card.premium.ever": "khi có thông báo khác",
    "card.premium.everywhere": "Bạn đã cho phép, ở mọi nơi: {count}",
    "card.premium.here": "Đã cho phép ở đây: {count}",
    "card.premium.person": "{id}: đến {until}, {minutes} phút mỗi ngày",
    "card.premium.role": "vai trò {id}: đến {until}, {minutes} phút mỗi ngày",
    "card.premium.how": (
        "Để cho phép, hãy trả lời tin nhắn của người đó bằng /premium grant, có thể kèm số ngày và "
        "số phút mỗi ngày: /premium grant {days} {minutes}. Để thu lại: /premium revoke, hoặc chạm "
        "bên dưới."
    ),
    "card.premium.how.calls": (
        "Để cho phép: /premium grant, rồi chọn một người hoặc một vai trò. Để thu lại: /premium "
        "revoke, hoặc chạm bên dưới."
    ),
    "card.premium.who": (
        "Bạn muốn nói ai? Hãy trả lời một tin nhắn của người đó, hoặc viết số tài khoản của họ."
    ),
    "card.premium.managers": (
        "Chỉ người vận hành bot hoặc người quản lý nhóm hay máy chủ được làm vậy."
    ),
    "card.premium.nobody": "Người đó không có quyền nào mà bạn thu lại được.",
    "menu.premium.grant": "Cho ai đó nghe bằng giọng riêng",
    "menu.premium.revoke": "Thu lại quyền đó",
    "menu.premium.list": "Bạn được gì, và những gì đã cho phép",
    "discord.option.who": "Người hoặc vai trò",
    "discord.option.days": "Trong bao nhiêu ngày; mặc định là 30",
    "discord.option.minutes": "Số phút mỗi ngày; mặc định là 10",
    # dòng lệnh
    "voices.account": "tài khoản",
    "voices.since": "đồng ý",
    "voices.until": "giữ đến",
    "voices.seconds": "bản mẫu",
    "voices.models": "mô hình",
    "voices.deleted": "Đã xóa: {voices} bản mẫu, {latents} bộ đặc trưng, {jobs} đoạn.",
    "voices.none": "Không có giọng nào được lưu.",
    "voices.clip": "đoạn",
    "voices.platform": "nền tảng",
    "voices.given_up": "bỏ ngày",
    "voices.tries": "lần thử",
    "voices.reason": "lý do",
    "voices.none_failed": "Trong 30 ngày qua không có đoạn nào bị bỏ.",
    "premium.to": "cho",
    "premium.where": "ở đâu",
    "premium.minutes": "phút mỗi ngày",
    "premium.everywhere": "mọi nơi",
    "premium.none": "Chưa cho phép ai.",
    "premium.granted": "Đã cho phép đến {until}: {minutes:g} phút mỗi ngày.",
    "premium.revoked": "Đã thu lại.",
    "premium.nobody": "Không có quyền nào như vậy.",
}
"""Mẫu câu theo mã."""
