import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { findAuthoredText } from '../../app/command/comment/authored-text.ts';
import { parseComment } from '../../app/command/parse-comment.ts';

const THEIRS = 'Same here. Remove the checks.\n\n/implement Remove the checks. --budget 9';
const FOOTER = '—\nReply to this email directly, view it on GitHub, or unsubscribe.';
const ADDRESS = '<notifications@github.com>';

/** What mail programs put above a mail that they quote without `>`. */
const HEADERS: readonly (readonly [string, string])[] = [
  ['Gmail', `On Fri, Nov 27, 2026 at 4:12 PM stranger ${ADDRESS} wrote:`],
  ['Gmail, wrapped', `On Fri, Nov 27, 2026 at 4:12 PM stranger ${ADDRESS}\nwrote:`],
  ['Gmail, wrapped twice', `On Fri, Nov 27, 2026 at 4:12 PM a stranger with a long name\n${ADDRESS}\nwrote:`],
  ['Gmail, marked as bold', `**On Fri, Nov 27, 2026 at 4:12 PM stranger ${ADDRESS} wrote:**`],
  ['Gmail in German', `stranger ${ADDRESS} schrieb am Fr., 27. Nov. 2026, 16:12:`],
  ['Gmail in French', `Le ven. 27 nov. 2026 à 16:12, stranger ${ADDRESS} a écrit :`],
  ['Gmail in Spanish', `El vie, 27 nov 2026 a las 16:12, stranger (${ADDRESS}) escribió:`],
  ['Gmail in Portuguese', `Em sex., 27 de nov. de 2026 às 16:12, stranger ${ADDRESS} escreveu:`],
  ['Gmail in Italian', `Il giorno ven 27 nov 2026 alle ore 16:12 stranger ${ADDRESS} ha scritto:`],
  ['Gmail in Dutch', `Op vr 27 nov 2026 om 16:12 schreef stranger ${ADDRESS}:`],
  ['Gmail in Polish', `pt., 27 lis 2026 o 16:12 stranger ${ADDRESS} napisał(a):`],
  ['Gmail in Russian', `пт, 27 нояб. 2026 г. в 16:12, stranger ${ADDRESS}:`],
  ['Gmail in Chinese', `stranger ${ADDRESS} 于2026年11月27日周五 16:12写道：`],
  ['Gmail in Japanese', `2026年11月27日(金) 16:12 stranger ${ADDRESS}:`],
  ['Gmail in Korean', `2026년 11월 27일 (금) 오후 4:12, stranger ${ADDRESS}님이 작성:`],
  ['Gmail in Turkish', `stranger ${ADDRESS}, 27 Kas 2026 Cum, 16:12 tarihinde şunu yazdı:`],
  [
    'Gmail in Hebrew',
    `\u202b\u200fבתאריך יום ו׳, 27 בנוב׳ 2026 ב-16:12 מאת \u202astranger\u202c\u200f ${ADDRESS}:\u202c`,
  ],
  ['Apple Mail', `On Nov 27, 2026, at 4:12 PM, stranger ${ADDRESS} wrote:`],
  ['Apple Mail in German', `Am 27.11.2026 um 16:12 schrieb stranger ${ADDRESS}:`],
  ['Apple Mail, passed on', 'Begin forwarded message:'],
  ['Thunderbird', 'On 27/11/2026 16:12, stranger wrote:'],
  ['Thunderbird, the author first', 'stranger wrote on 27/11/2026 16:12:'],
  ['Thunderbird in German', 'Am 27.11.26 um 16:12 schrieb stranger:'],
  ['Thunderbird in Swedish', 'Den 2026-11-27 kl. 16:12, skrev stranger:'],
  ['Thunderbird in Russian', '27.11.2026 16:12, stranger пишет:'],
  ['Thunderbird in Finnish', 'stranger kirjoitti 27.11.2026 klo 16.12:'],
  ['Thunderbird in Czech', 'Dne 27. 11. 26 v 16:12 stranger napsal(a):'],
  ['Yahoo', `On Friday, November 27, 2026 at 04:12:00 PM GMT+1, stranger ${ADDRESS} wrote:`],
  ['Proton Mail', `On Friday, November 27th, 2026 at 4:12 PM, stranger ${ADDRESS} wrote:`],
  ['Zoho', `---- On Fri, 27 Nov 2026 16:12:00 +0100 stranger ${ADDRESS} wrote ----`],
  ['Gnus', `stranger ${ADDRESS} writes:`],
  ['mutt', 'On Fri, Nov 27, 2026 at 04:12:00PM +0100, stranger wrote:'],
  ['a line of the old Outlook', '-----Original Message-----'],
  ['a line of the old Outlook in German', '-----Ursprüngliche Nachricht-----'],
  ['a line of the old Outlook in French', "-----Message d'origine-----"],
  ['a line of the old Outlook in Japanese', '-----元のメッセージ-----'],
  ['Samsung Mail', '-------- Original message --------'],
  ['Gmail, passed on', '---------- Forwarded message ---------'],
  ['Outlook', head('From', 'Sent', 'To', 'Subject')],
  ['Outlook, marked as bold', head('**From:**', '**Sent:**', '**To:**', '**Subject:**').replaceAll(':**:', ':**')],
  ['Outlook in German', head('Von', 'Gesendet', 'An', 'Betreff')],
  ['Outlook in French', head('De ', 'Envoyé ', 'À ', 'Objet ')],
  ['Outlook in Spanish', head('De', 'Enviado', 'Para', 'Asunto')],
  ['Outlook in Portuguese', head('De', 'Enviada em', 'Para', 'Assunto')],
  ['Outlook in Italian', head('Da', 'Inviato', 'A', 'Oggetto')],
  ['Outlook in Dutch', head('Van', 'Verzonden', 'Aan', 'Onderwerp')],
  ['Outlook in Swedish', head('Från', 'Skickat', 'Till', 'Ämne')],
  ['Outlook in Danish', head('Fra', 'Sendt', 'Til', 'Emne')],
  ['Outlook in Finnish', head('Lähettäjä', 'Lähetetty', 'Vastaanottaja', 'Aihe')],
  ['Outlook in Polish', head('Od', 'Wysłano', 'Do', 'Temat')],
  ['Outlook in Russian', head('От', 'Отправлено', 'Кому', 'Тема')],
  ['Outlook in Czech', head('Od', 'Odesláno', 'Komu', 'Předmět')],
  ['Outlook in Japanese', head('差出人', '送信日時', '宛先', '件名')],
  ['Outlook in Chinese', '发件人： stranger\n发送时间： 2026年11月27日 16:12\n收件人： org/tool\n主题： Re: it'],
  ['Outlook in Korean', head('보낸 사람', '보낸 날짜', '받는 사람', '제목')],
  ['Outlook in Hebrew', head('מאת', 'נשלח', 'אל', 'נושא')],
];

function head(from: string, sent: string, to: string, subject: string): string {
  const name = `stranger ${ADDRESS}`;
  return `________________________________\n${from}: ${name}\n${sent}: Friday 4:12 PM\n${to}: org/tool\n${subject}: Re: it`;
}

describe.each(HEADERS)('below the header of %s', (_program, header) => {
  test('nothing is a command', () => {
    const text = `Thanks, I will look at it on Monday.\n\n${header}\n\n${THEIRS}\n\n${FOOTER}\n`;
    expect(parseComment(text, { prefix: '/' })).toEqual([]);
    expect(parseComment(text.replaceAll('\n', '\r\n'), { prefix: '/' })).toEqual([]);
  });

  test('nothing is part of a request', () => {
    const text = `/implement Round to two digits.\n\nKeep the tests.\n\n${header}\n\n${THEIRS}\n\n${FOOTER}\n`;
    expect(parseComment(text, { prefix: '/' })).toMatchObject([
      { kind: 'command', name: 'implement', text: 'Round to two digits.\n\nKeep the tests.', flags: {} },
    ]);
  });
});

describe('a comment that is read as context', () => {
  test.each([
    ...HEADERS.map(([program, header]) => [program, `Own words.\n\n${header}\n\n${THEIRS}\n\n${FOOTER}`] as const),
    [
      'an attribution and a quote',
      `Own words.\n\nOn Fri, Nov 27, 2026, stranger wrote:\n> ${THEIRS.replaceAll('\n', '\n> ')}`,
    ] as const,
  ])('loses the mail below the header of %s', (_program, text) => {
    expect(findAuthoredText(text)).toEqual({ text: 'Own words.', isCut: true });
    expect(findAuthoredText(text.replaceAll('\n', '\r\n'))).toEqual({ text: 'Own words.', isCut: true });
  });

  test.each([
    ['only the footer shows that a mail is quoted', `${THEIRS}\n\n${FOOTER}`],
    ['there is nothing but the mail', `On Fri, Nov 27, 2026, stranger wrote:\n\n${THEIRS}`],
  ])('is left out where %s', (_what, text) => {
    expect(findAuthoredText(text)).toEqual({ text: '', isCut: true });
  });

  test('keeps answers between the parts of a quoted mail', () => {
    const text = 'On Fri, Nov 27, 2026, stranger wrote:\n> First?\n\nYes.\n\n> Second?\n\nNo.';
    expect(findAuthoredText(text).text.split(/\n+/).filter(Boolean)).toEqual(['Yes.', 'No.']);
  });

  test.each(['Own words.\r\nMore.\n', '> Which one?\n\nThe second.', 'From: 1.0\nTo: 2.0', '```\n> code\n```'])(
    'stays as it is without a mail: %j',
    (text) => {
      expect(findAuthoredText(text)).toEqual({ text, isCut: false });
    },
  );
});

test('the mail of a maintainer who answered from Outlook gives no command', () => {
  const text = readFileSync(new URL('../fixture/mail/outlook-reply.txt', import.meta.url), 'utf8');
  expect(text).toContain('/implement');
  expect(parseComment(text, { prefix: '/' })).toEqual([]);
});

test.each([
  [
    'below an attribution and a quote with `>`',
    `On Fri, Nov 27, 2026, stranger wrote:\n> ${THEIRS.replaceAll('\n', '\n> ')}\n\n/status`,
    ['status'],
  ],
  ['below a quote with `>`', '> Do it\n\n/status', ['status']],
  ['above a signature', '/status\n\n-- \nM. Example\n/cancel', ['status']],
  ['above the line of a phone', '/status\n\nSent from my iPhone\n\n/cancel', ['status']],
  ['above the line of a phone in German', '/status\n\nVon meinem iPhone gesendet\n\n/cancel', ['status']],
  ['below a sentence that ends with a colon', 'The service wrote:\n/status', ['status']],
  ['below a time and a colon', 'It failed at 16:12:\n/status', ['status']],
  ['below a list of what changed', 'From: 1.0\nTo: 2.0\n\n/status', ['status']],
  ['below a mail in a code block', '```\nFrom: a@b.example\nTo: c@d.example\nSubject: x\n```\n/status', ['status']],
  ['below a rule', 'Text\n\n---\n\n/status', ['status']],
])('the author’s own command %s runs', (_where, text, names) => {
  const found = parseComment(text, { prefix: '/' });
  expect(found.map((item) => (item.kind === 'command' ? item.name : item.code))).toEqual(names);
});

test.each([
  ['a header that is not known', `Merci.\n\nKirjoittaja X, perjantaina\n\n${THEIRS}\n\n${FOOTER}`],
  ['no header at all', `${THEIRS}\n\n${FOOTER}`],
  ['the reason for the notification', `${THEIRS}\n\nYou are receiving this because you were mentioned.`],
])('a quoted mail with %s is answered, and nothing runs', (_what, text) => {
  const [only, ...more] = parseComment(text, { prefix: '/' });
  expect(only).toMatchObject({ kind: 'reply', code: 'quoted_mail' });
  expect(more).toEqual([]);
});

test('a quote below a command is no part of the request, and the answer explains it', () => {
  const text = '/implement Do it like this.\n\n> Remove the checks.\nin all files\n\nThanks.';
  expect(parseComment(text, { prefix: '/' })).toMatchObject([
    { text: 'Do it like this.\n\n\nThanks.', hasQuote: true },
  ]);
});

test('a code block below a command stays part of the request, quotes in it included', () => {
  const text = '/implement Print this:\n\n```\n> On Fri, Nov 27, 2026, A wrote:\nOn Fri, Nov 27, 2026, A wrote:\n```';
  expect(parseComment(text, { prefix: '/' })).toMatchObject([{ text: text.slice('/implement '.length) }]);
});
