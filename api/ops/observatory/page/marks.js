/** Marks: what operators and load tests did, as a list and as lines on the charts. */
import { call } from './actions.js';

/** Labels are placed in rows, so that labels of close marks do not overlap. */
const LABEL_ROWS = 3;
const find = (id) => document.getElementById(id);

/** The marks on the charts, the oldest first, with the time in seconds, as uPlot needs it. */
let shown = [];
/** The JSON of the last list, to skip an equal list. */
let received = '';
let nextRow = 0;

/** Shows the marks, newest first. If they could not be read (null), the previous marks stay. */
export function showMarks(marks) {
  const list = JSON.stringify(marks);
  if (marks === null || list === received) return;
  received = list;
  const rows = new Map(shown.map(({ id, row }) => [id, row]));
  shown = marks.toReversed().map(({ id, at, text }) => {
    return { id, text, time: Date.parse(at) / 1_000, row: rows.get(id) ?? takeRow() };
  });
  find('marks').replaceChildren(...marks.map(toItem));
  find('marks').hidden = marks.length === 0;
  find('marks-empty').hidden = marks.length > 0;
}

function takeRow() {
  nextRow = (nextRow + 1) % LABEL_ROWS;
  return nextRow;
}

function toItem({ at, text, by }) {
  const item = document.createElement('li');
  const time = document.createElement('time');
  time.dateTime = at;
  time.textContent = new Date(at).toLocaleTimeString();
  const operator = document.createElement('span');
  operator.className = 'by';
  operator.textContent = `by ${by}`;
  item.append(time, ` ${text} `, operator);
  return item;
}

/**
 * Places the marks on a chart that uPlot has drawn: a line with a label at the time of each mark.
 */
export function placeMarks(plot) {
  const { min, max } = plot.scales.x;
  const placed = shown.filter(({ time }) => time >= min && time <= max);
  const lines = [...plot.over.querySelectorAll('.mark')];
  for (const line of lines.splice(placed.length)) line.remove();
  placed.forEach(({ time, text, row }, index) => {
    const line = lines[index] ?? plot.over.appendChild(createLine());
    // A label has more space on the side towards the middle.
    line.className = `mark row-${row}${time > (min + max) / 2 ? ' before' : ''}`;
    line.style.left = `${plot.valToPos(time, 'x')}px`;
    if (line.textContent !== text) line.firstChild.textContent = text;
  });
}

function createLine() {
  const line = document.createElement('div');
  line.append(document.createElement('span'));
  return line;
}

/** Enables the form for notes, if the page has it. */
export function bindMarks(base) {
  const form = find('mark-form');
  if (form === null) return;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { problem } = await call(`${base}/annotations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: new FormData(form).get('text') }),
    });
    if (problem === undefined) form.reset();
    find('mark-result').textContent = problem ?? 'The mark was added.';
  });
  form.querySelector('button').disabled = false;
}
