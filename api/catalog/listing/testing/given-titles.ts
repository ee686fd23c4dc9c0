import fc from 'fast-check';

/** Letters of a script, and how its words are joined to titles. */
interface Script {
  readonly name: string;
  readonly letters: string;
  readonly joint?: string;
}

/** Scripts that titles are generated in: with spaces between the words, and without. */
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
    joint: '',
  },
  { name: 'Lao', letters: 'ກຂຄງຈຊດຕຖທນບປຜພຟມຢຣລວສຫອຮກາກີກູເແໂໄ', joint: '' },
  { name: 'Khmer', letters: 'កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអកាកិក្', joint: '' },
  { name: 'Myanmar', letters: 'ကခဂဃငစဆဇဈညတထဒဓနပဖဗဘမယရလဝသဟအကာကိကျက်', joint: '' },
  { name: 'Tai Le', letters: 'ᥐᥑᥒᥓᥔᥕᥖᥗᥘᥙᥚᥛᥜᥝᥞᥟᥠᥡᥢᥣᥤᥥᥦᥧᥨᥩᥪᥫᥬᥭᥰᥱ', joint: '' },
  { name: 'New Tai Lue', letters: 'ᦀᦁᦂᦃᦄᦅᦆᦇᦈᦉᦊᦋᦌᦍᦎᦏᦐᦑᦒᦓᦔᦕᦖᦗᦘᦰᦱᦲᦵ', joint: '' },
  { name: 'Tai Tham', letters: 'ᨠᨡᨢᨣᨤᨥᨦᨧᨨᨩᨪᨫᨬᨭᨮᨯᨰᨱᨲᨳᨴᨠᩣᨠᩥᨠᩩᨠ᩠', joint: '' },
  { name: 'Tai Viet', letters: 'ꪀꪁꪂꪃꪄꪅꪆꪇꪈꪉꪊꪋꪌꪍꪎꪏꪐꪑꪒꪓꪔꪕꪖꪗꪘꪀꪱꪀꪲ', joint: '' },
  { name: 'Javanese', letters: 'ꦏꦒꦔꦕꦗꦚꦛꦝꦟꦠꦢꦤꦥꦧꦩꦪꦫꦭꦮꦱꦲꦏꦶꦏꦸꦏꦺꦏ꧀', joint: '' },
  { name: 'Balinese', letters: 'ᬅᬆᬇᬓᬕᬗᬘᬚᬜᬡᬢᬤᬦᬧᬩᬫᬬᬭᬮᬯᬲᬳᬓᬵᬓᬶᬓᬸᬓ᭄', joint: '' },
  { name: 'Batak', letters: 'ᯀᯁᯂᯃᯄᯅᯆᯇᯈᯉᯊᯋᯌᯍᯎᯏᯂᯧᯂᯩᯂ᯲', joint: '' },
  { name: 'Buginese', letters: 'ᨀᨁᨂᨃᨄᨅᨆᨇᨈᨉᨊᨋᨌᨍᨎᨏᨐᨑᨒᨓᨔᨕᨖᨀᨗᨀᨘ', joint: '' },
  { name: 'Cham', letters: 'ꨀꨁꨂꨃꨄꨅꨆꨇꨈꨉꨊꨋꨌꨍꨎꨏꨐꨑꨒꨓꨔꨆꨩꨆꨪ', joint: '' },
  { name: 'Yi', letters: 'ꀀꀁꀂꀃꀄꀅꀆꀇꀈꀉꀊꀋꀌꀍꀎꀏꋊꋋꋌꋍꆈꌠꁱꂷ', joint: '' },
  { name: 'Tibetan', letters: 'ཀཁགངཅཆཇཉཏཐདནཔཕབམཙཚཛཝཞཟའཡརལཤསཧཨཀིཀུཀེཀོ', joint: '་' },
  { name: 'Lisu', letters: 'ꓐꓑꓒꓓꓔꓕꓖꓗꓘꓙꓚꓛꓜꓝꓞꓟꓠꓡꓢꓣꓤꓥꓦꓧꓨꓩꓪꓫꓬꓭꓮꓯꓸꓹꓺ', joint: ' ' },
  { name: 'Chinese', letters: '香港罗汉果茶叶礼盒红绿大小手机壳杯子电脑包', joint: '' },
  { name: 'Japanese', letters: 'あいうえおかがきぎはばぱアイウカガーヴ東京茶碗ｶﾞﾗｽ', joint: '' },
  { name: 'Korean', letters: '머그컵고양이사료빨간파란가방각갂\u1100\u1161\u11a8' },
  { name: 'emoji', letters: '☕🎁👍🏽👨‍👩‍👧🇩🇪🇫🇷★♥️1️⃣🐕‍🦺', joint: ' ' },
  { name: 'full-width', letters: 'ＢＣＤｂｃｄ１２３ﬁﬂ①' },
  { name: 'English', letters: 'thewhomreandfsi', joint: ' ' },
];

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const words = new Intl.Segmenter('und', { granularity: 'word' });
// The Arabic stretching mark counts as a letter, but says nothing.
const IS_WORD = /[[\p{L}\p{N}]--\u0640]/v;
const SAYS_SOMETHING = /[[\p{L}\p{N}\p{So}]--\u0640]/v;
const JOINTS = [' ', ' ', '-', '_', '/', ' & ', '&', "'", '’', '.', ', ', ' (', '+', '\u200b'];

/** Words of one to five letters of a script. */
export function arbitraryWord({ letters }: Script): fc.Arbitrary<string> {
  const letter = fc.constantFrom(...[...graphemes.segment(letters)].map(({ segment }) => segment));
  return fc.array(letter, { minLength: 1, maxLength: 5 }).map((some) => some.join(''));
}

/** Titles of a script. */
export function arbitraryTitle(script: Script): fc.Arbitrary<string> {
  const { joint } = script;
  const word = arbitraryWord(script);
  const between = joint === undefined ? fc.constantFrom(...JOINTS) : fc.constant(joint);
  return fc
    .array(fc.tuple(word, between), { minLength: 1, maxLength: 6 })
    .map((pairs) => pairs.map((pair) => pair.join('')).join(''))
    .map((title) => title.replace(/[^\p{L}\p{M}\p{N}\p{So}]+$/u, '').trim())
    .filter((title) => SAYS_SOMETHING.test(title));
}

/**
 * Splits a title into words in another way than the product, so that a test does not depend on the
 * code under test.
 */
export function segmentWords(title: string): string[] {
  const segments = [...words.segment(title)].filter(({ isWordLike }) => isWordLike);
  const seen = [
    ...segments.map(({ segment }) => segment),
    ...title.split(/\s+/),
    ...title.split(/[^\p{L}\p{M}\p{N}]+/u),
  ];
  return [...new Set(seen)].filter((word) => IS_WORD.test(word));
}
