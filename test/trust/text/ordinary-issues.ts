import { pick, seeded } from '../suite.ts';

/** Sentences as people write them into issues, with the marks and letters of their language. */
const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  English: [
    'The export stops after the first page, although there are three of them.',
    'I’d expect 2 < 3 here; instead it says “undefined”.',
    'Works on 1.4.2, broken since 1.5.0 (see the log below).',
    'Could you please add an option to turn this off?',
    'It happens with & without the cache — about one time in ten.',
  ],
  German: [
    'Beim Öffnen der Übersicht stürzt das Programm sofort ab.',
    'Die Prüfung schlägt fehl, wenn der Straßenname ein „ß“ enthält.',
    'Erwartet hätte ich eine Fehlermeldung, keine weiße Seite.',
    'Das Problem besteht seit dem letzten Update auf Version 3.2.',
    'Bitte die Größe der Schaltfläche anpassen.',
  ],
  French: [
    'L’application se ferme dès que l’on clique sur « Enregistrer ».',
    'Le numéro de téléphone n’est pas validé correctement.',
    'Ça marche très bien sous Linux, mais pas sous Windows.',
    'Est-ce qu’il serait possible d’ajouter un réglage pour cela ?',
    'Voici les étapes pour reproduire le problème :',
  ],
  Spanish: [
    '¿Por qué se cierra la ventana al pulsar el botón?',
    'El año aparece como 1970 en todas las facturas.',
    '¡No se puede guardar ningún cambio desde ayer!',
    'Esperaba ver la lista completa, pero está vacía.',
    'Añadí un comentario en la línea 12 del fichero.',
  ],
  Portuguese: [
    'A aplicação não reconhece o fuso horário de São Paulo.',
    'Depois da atualização, as opções de configuração sumiram.',
    'O botão “Avançar” fica desabilitado para sempre.',
    'Isso acontece só quando há mais de cem itens.',
    'Não há nenhuma mensagem de erro no console.',
  ],
  Russian: [
    'После обновления перестала работать кнопка «Сохранить».',
    'Ожидал увидеть список, а получил пустую страницу.',
    'Ошибка повторяется каждый раз, когда имя содержит букву «ё».',
    'Подскажите, пожалуйста, как это отключить?',
    'Версия 2.1 работает, версия 2.2 — уже нет.',
  ],
  Japanese: [
    '保存ボタンを押すと、画面が真っ白になります。',
    '日付が一日ずれて表示される不具合があります。',
    'バージョン１．５では問題なく動いていました。',
    '再現手順は以下のとおりです。',
    'エラーメッセージは何も表示されません。',
  ],
  Chinese: [
    '点击“保存”按钮之后，页面变成空白。',
    '升级到最新版本以后，无法导出表格。',
    '预期结果：应该显示全部三页内容。',
    '请问能不能增加一个关闭此功能的选项？',
    '日志里没有任何错误信息。',
  ],
  Arabic: [
    'يتوقف البرنامج عند الضغط على زر الحفظ.',
    'تظهر القائمة فارغة بعد آخر تحديث.',
    'كنت أتوقع ظهور رسالة خطأ واضحة.',
    'هل يمكن إضافة خيار لإيقاف هذه الميزة؟',
    'المشكلة تحدث فقط مع الأسماء الطويلة.',
  ],
  Hindi: [
    'सहेजें बटन दबाने पर पृष्ठ खाली हो जाता है।',
    'नया संस्करण आने के बाद सूची दिखाई नहीं देती।',
    'मुझे यहाँ एक त्रुटि संदेश की अपेक्षा थी।',
    'क्या इसे बंद करने का विकल्प जोड़ा जा सकता है?',
    'यह समस्या केवल लंबे नामों के साथ होती है।',
  ],
};

export interface OrdinaryIssue {
  readonly language: string;
  readonly markdown: string;
  /** Everything that a reader sees, part by part. */
  readonly seen: readonly string[];
}

type Block = (
  say: () => string,
  random: () => number,
) => { readonly markdown: string; readonly seen: readonly string[] };

const CODE: readonly (readonly [language: string, code: string])[] = [
  ['js', "const rest = items.filter((item) => item.id !== '<none>');\nconsole.log(rest.length && rest[0]);"],
  ['python', 'for name, value in data.items():\n    print(f"{name}: {value!r}")  # <!-- not a comment -->'],
  ['', 'Error: expected 3 * 4, got [object Object]\n    at run (/app/src/index.js:12:7)'],
  ['sh', '$ npm run build -- --watch | tee build.log && echo "done"'],
  ['yaml', 'on:\n  push:\n    branches: [main]\n  # & so on'],
  ['diff', '- old line\n+ new line'],
];

const BLOCKS: readonly Block[] = [
  (say) => same([say(), say()], (parts) => parts.join(' ')),
  (say) => same([say()], ([text]) => `## ${text}`),
  (say) => same([say(), say(), say()], (parts) => parts.map((part) => `- ${part}`).join('\n')),
  (say) => same([say(), say()], (parts) => parts.map((part, at) => `${at + 1}. ${part}`).join('\n')),
  (say) => same([say()], ([text]) => `> ${text}`),
  (say) => same([say(), say()], ([one, other]) => `| ${one} | b |\n|---|---|\n| ${other} | \`x\` |`),
  (say) => same([say()], ([text]) => `- [ ] ${text}`),
  (say) => {
    const words = say();
    return { markdown: `[${words}](https://example.com/issues/12?q=a%20b)`, seen: [words] };
  },
  (say) => {
    const words = say().replaceAll(/[*_`]/g, '');
    return { markdown: `**${words}**`, seen: [words] };
  },
  (_say, random) => {
    const [language, code] = pick(random, CODE);
    return { markdown: `\`\`\`${language}\n${code}\n\`\`\``, seen: [code] };
  },
  (say, random) => {
    const name = pick(random, ['parse_options()', 'a < b', '<div hidden>', '--dry-run', 'C:\\Temp\\x']);
    const words = say();
    return { markdown: `${words} \`${name}\``, seen: [words, name] };
  },
  (_say, random) => same([`https://example.com/a_b/${Math.floor(random() * 1_000)}#L10`], ([text]) => text ?? ''),
];

function same(parts: readonly string[], write: (parts: readonly string[]) => string) {
  return { markdown: write(parts), seen: parts };
}

/** Issues in ten languages, put together of what ordinary issues have; the same for the same count. */
export function ordinaryIssues(count: number): readonly OrdinaryIssue[] {
  const random = seeded(6);
  const languages = Object.entries(LANGUAGES);
  return Array.from({ length: count }, (_, index) => {
    const [language, sentences] = languages[index % languages.length] as (typeof languages)[number];
    const say = (): string => pick(random, sentences);
    const blocks = Array.from({ length: 3 + Math.floor(random() * 8) }, () => pick(random, BLOCKS)(say, random));
    return {
      language,
      markdown: blocks.map(({ markdown }) => markdown).join('\n\n'),
      seen: blocks.flatMap(({ seen }) => seen),
    };
  });
}
