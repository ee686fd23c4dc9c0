import fc from 'fast-check';

/** Letters of a script, and the separator of the words in its titles. */
interface Script {
  readonly name: string;
  readonly letters: string;
  /** Undefined for any of `SEPARATORS`. */
  readonly separator?: string;
}

/**
 * The scripts and other characters from which titles are generated, with and without separators.
 */
export const SCRIPTS: readonly Script[] = [
  { name: 'Latin', letters: 'abcdeghilmnorstuzABCDĐĦŁØÆŒßẞıİŞĞçéèñöüåšžřượđþ' },
  { name: 'Vietnamese', letters: 'ăâđêôơưàảãáạằẳẵắặêềểễếệộợựyhngtc' },
  { name: 'Cyrillic', letters: 'абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґЁЙ' },
  { name: 'Greek', letters: 'αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώΐΣΆ' },
  {
    name: 'Arabic',
    letters: 'ابتثجحخدذرزسشصضطظعغفقكلمنهويىةأإآؤئءیک\u064e\u064f\u0650\u0651\u0640',
  },
  { name: 'Hebrew', letters: 'אבגדהוזחטיכךלמםנןסעפףצץקרשת\u05b8\u05b7\u05c1\u05bc' },
  {
    name: 'Devanagari',
    letters: 'कखगघचजटडतदनपबमयरलवशसह\u093e\u093f\u0940\u0941\u0947\u094b\u094d\u0902\u093c',
  },
  {
    name: 'Thai',
    letters: 'กขคงจชซดตถทนบปผพฟมยรลวสหอ\u0e30\u0e31า\u0e33\u0e34\u0e35\u0e38\u0e48\u0e49เแโไ',
    separator: '',
  },
  { name: 'Lao', letters: 'ກຂຄງຈຊດຕຖທນບປຜພຟມຢຣລວສຫອຮກາກີກູເແໂໄ', separator: '' },
  { name: 'Khmer', letters: 'កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអកាកិក្', separator: '' },
  { name: 'Myanmar', letters: 'ကခဂဃငစဆဇဈညတထဒဓနပဖဗဘမယရလဝသဟအကာကိကျက်', separator: '' },
  { name: 'Tai Le', letters: 'ᥐᥑᥒᥓᥔᥕᥖᥗᥘᥙᥚᥛᥜᥝᥞᥟᥠᥡᥢᥣᥤᥥᥦᥧᥨᥩᥪᥫᥬᥭᥰᥱ', separator: '' },
  { name: 'New Tai Lue', letters: 'ᦀᦁᦂᦃᦄᦅᦆᦇᦈᦉᦊᦋᦌᦍᦎᦏᦐᦑᦒᦓᦔᦕᦖᦗᦘᦰᦱᦲᦵ', separator: '' },
  { name: 'Tai Tham', letters: 'ᨠᨡᨢᨣᨤᨥᨦᨧᨨᨩᨪᨫᨬᨭᨮᨯᨰᨱᨲᨳᨴᨠᩣᨠᩥᨠᩩᨠ᩠', separator: '' },
  { name: 'Tai Viet', letters: 'ꪀꪁꪂꪃꪄꪅꪆꪇꪈꪉꪊꪋꪌꪍꪎꪏꪐꪑꪒꪓꪔꪕꪖꪗꪘꪀꪱꪀꪲ', separator: '' },
  { name: 'Javanese', letters: 'ꦏꦒꦔꦕꦗꦚꦛꦝꦟꦠꦢꦤꦥꦧꦩꦪꦫꦭꦮꦱꦲꦏꦶꦏꦸꦏꦺꦏ꧀', separator: '' },
  { name: 'Balinese', letters: 'ᬅᬆᬇᬓᬕᬗᬘᬚᬜᬡᬢᬤᬦᬧᬩᬫᬬᬭᬮᬯᬲᬳᬓᬵᬓᬶᬓᬸᬓ᭄', separator: '' },
  { name: 'Batak', letters: 'ᯀᯁᯂᯃᯄᯅᯆᯇᯈᯉᯊᯋᯌᯍᯎᯏᯂᯧᯂᯩᯂ᯲', separator: '' },
  { name: 'Buginese', letters: 'ᨀᨁᨂᨃᨄᨅᨆᨇᨈᨉᨊᨋᨌᨍᨎᨏᨐᨑᨒᨓᨔᨕᨖᨀᨗᨀᨘ', separator: '' },
  { name: 'Cham', letters: 'ꨀꨁꨂꨃꨄꨅꨆꨇꨈꨉꨊꨋꨌꨍꨎꨏꨐꨑꨒꨓꨔꨆꨩꨆꨪ', separator: '' },
  { name: 'Yi', letters: 'ꀀꀁꀂꀃꀄꀅꀆꀇꀈꀉꀊꀋꀌꀍꀎꀏꋊꋋꋌꋍꆈꌠꁱꂷ', separator: '' },
  { name: 'Tibetan', letters: 'ཀཁགངཅཆཇཉཏཐདནཔཕབམཙཚཛཝཞཟའཡརལཤསཧཨཀིཀུཀེཀོ', separator: '་' },
  { name: 'Lisu', letters: 'ꓐꓑꓒꓓꓔꓕꓖꓗꓘꓙꓚꓛꓜꓝꓞꓟꓠꓡꓢꓣꓤꓥꓦꓧꓨꓩꓪꓫꓬꓭꓮꓯꓸꓹꓺ', separator: ' ' },
  { name: 'Chinese', letters: '香港罗汉果茶叶礼盒红绿大小手机壳杯子电脑包', separator: '' },
  { name: 'Japanese', letters: 'あいうえおかがきぎはばぱアイウカガーヴ東京茶碗ｶﾞﾗｽ', separator: '' },
  { name: 'Korean', letters: '머그컵고양이사료빨간파란가방각갂\u1100\u1161\u11a8' },
  { name: 'emoji', letters: '☕🎁👍🏽👨‍👩‍👧🇩🇪🇫🇷★♥️1️⃣🐕‍🦺', separator: ' ' },
  { name: 'full-width', letters: 'ＢＣＤｂｃｄ１２３ﬁﬂ①' },
  { name: 'English', letters: 'thewhomreandfsi', separator: ' ' },
];

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const words = new Intl.Segmenter('und', { granularity: 'word' });
// The Arabic tatweel (U+0640) only stretches a word, although it counts as a letter.
const IS_WORD = /[[\p{L}\p{N}]--\u0640]/v;
const HAS_CONTENT = /[[\p{L}\p{N}\p{So}]--\u0640]/v;
const SEPARATORS = [' ', ' ', '-', '_', '/', ' & ', '&', "'", '’', '.', ', ', ' (', '+', '\u200b'];

/** Generates words of one to five letters of a script. */
export function arbitraryWord({ letters }: Script): fc.Arbitrary<string> {
  const letter = fc.constantFrom(...[...graphemes.segment(letters)].map(({ segment }) => segment));
  return fc.array(letter, { minLength: 1, maxLength: 5 }).map((letters) => letters.join(''));
}

/** Generates titles of a script. */
export function arbitraryTitle(script: Script): fc.Arbitrary<string> {
  const { separator } = script;
  const word = arbitraryWord(script);
  const between = separator === undefined ? fc.constantFrom(...SEPARATORS) : fc.constant(separator);
  return fc
    .array(fc.tuple(word, between), { minLength: 1, maxLength: 6 })
    .map((pairs) => pairs.map((pair) => pair.join('')).join(''))
    .map((title) => title.replace(/[^\p{L}\p{M}\p{N}\p{So}]+$/u, '').trim())
    .filter((title) => HAS_CONTENT.test(title));
}

/**
 * Splits a title into words in another way than the search does, so that a test does not depend on
 * the code under test.
 */
export function segmentWords(title: string): string[] {
  const segments = [...words.segment(title)].filter(({ isWordLike }) => isWordLike);
  const parts = [
    ...segments.map(({ segment }) => segment),
    ...title.split(/\s+/),
    ...title.split(/[^\p{L}\p{M}\p{N}]+/u),
  ];
  return [...new Set(parts)].filter((word) => IS_WORD.test(word));
}
