/** "wrote" as mail programs say it above a quoted mail. Compared without regard to case. */
export const WROTE = words(`
  wrote|writes|schrieb|geschrieben|a écrit|escribió|va escriure|escreveu|ha scritto|schreef|skrev|
  skrifaði|kirjoitti|kirjutas|napisał|napisała|napisał(a)|pisze|написал|написала|написал(а)|пишет|
  написав|пише|написа|napsal|napsala|napsal(a)|napísal|napísala|napísal(a)|ezt írta|írta|a scris|
  şunu yazdı|yazdı|je napisao|je napisala|je napisao/la|je napisal|je napisal/a|rašė|rakstīja|έγραψε|
  đã viết|menulis|เขียน|เขียนว่า|写道|寫道|が書きました|のメール|작성|님이 작성|썼습니다|כתב|כתבה|‫כתב‬|كتب|كتبت|نوشت|ने लिखा`);

/** What stands between dashes above a mail that is passed on or answered. */
export const ORIGINAL_MESSAGE = words(`
  original message|original appointment|forwarded message|original email|ursprüngliche nachricht|
  originalnachricht|original-nachricht|weitergeleitete nachricht|message d’origine|message d'origine|
  message original|message transféré|mensaje original|mensaje reenviado|mensagem original|
  mensagem encaminhada|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|
  doorgestuurd bericht|ursprungligt meddelande|originalmeddelande|vidarebefordrat meddelande|
  oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|oryginalna wiadomość|
  wiadomość oryginalna|wiadomość przekazana|исходное сообщение|оригинальное сообщение|
  пересылаемое сообщение|оригінальне повідомлення|původní zpráva|pôvodná správa|eredeti üzenet|
  mesaj original|orijinal mesaj|orijinal ileti|izvorna poruka|αρχικό μήνυμα|pesan asli|thư gốc|
  元のメッセージ|転送されたメッセージ|原始邮件|原始郵件|原邮件|转发的邮件|원본 메일|원본 메시지|הודעה מקורית|الرسالة الأصلية`);

/** The first line of a mail's head. */
export const FROM = words(`
  from|von|de|da|van|från|fra|lähettäjä|od|от|від|feladó|kimden|gönderen|expéditeur|remitente|
  mittente|absender|afzender|avsändare|afsender|avsender|nadawca|отправитель|odesílatel|από|dari|từ|
  差出人|送信者|发件人|寄件者|寄件人|보낸 사람|발신|מאת|من`);

/** Further lines of a mail's head. */
export const HEAD = words(`
  sent|date|to|cc|bcc|subject|reply to|reply-to|gesendet|datum|an|betreff|kopie|envoyé|à|objet|
  enviado|enviado el|enviada em|enviado em|para|asunto|assunto|fecha|data|inviato|a|oggetto|verzonden|
  aan|onderwerp|skickat|till|ämne|sendt|dato|til|emne|lähetetty|päivämäärä|vastaanottaja|aihe|wysłano|
  do|temat|отправлено|дата|кому|тема|копия|надіслано|копія|odesláno|komu|předmět|odoslané|predmet|
  elküldve|dátum|címzett|tárgy|trimis|către|subiect|gönderildi|gönderme tarihi|tarih|kime|konu|
  ημερομηνία|προς|θέμα|στάλθηκε|terkirim|tanggal|kepada|đã gửi|ngày|đến|chủ đề|送信日時|日時|日付|宛先|件名|发送时间|
  日期|收件人|抄送|主题|寄件日期|傳送時間|收件者|主旨|보낸 날짜|날짜|받는 사람|제목|נשלח|תאריך|אל|נושא|التاريخ|إلى|الموضوع|
  تاريخ الإرسال`);

/** Apple Mail's line above a mail that is passed on. */
export const FORWARDED = words(`
  begin forwarded message|anfang der weitergeleiteten nachricht|début du message réexpédié|
  début du message transféré|inicio del mensaje reenviado|início da mensagem encaminhada|
  inizio messaggio inoltrato|begin doorgestuurd bericht|vidarebefordrat brev|
  начало переадресованного сообщения|転送されたメッセージ|开始转发的邮件|전달된 메시지 시작`);

/** What phones and mail programs write below a mail of their own. */
export const SENT_FROM: readonly RegExp[] = [
  /^(?:sent|get|download) .{0,40}(?:iphone|ipad|android|outlook|samsung|galaxy|phone|mail|proton|yahoo|blackberry|device)\b.{0,60}$/i,
  /^(?:von meinem|gesendet (?:von|mit)|envoyé (?:de|depuis)|enviado (?:desde|do|de)|inviato da|verstuurd vanaf|verzonden (?:met|vanaf)|skickat från|sendt fra|lähetetty|wysłane z|отправлено (?:с|из)|odesláno z).{0,60}(?:iphone|ipad|android|outlook|samsung|galaxy|mail|huawei|xiaomi|устройства)\b.{0,40}$/iu,
  /^(?:iphone|ipad|android)から送信$/i,
  /^发自我的 ?(?:iphone|ipad|手机)$/i,
];

function words(list: string): readonly string[] {
  return list.split('|').map((word) => word.trim());
}
