import { givenFor, takenFor } from './described.mjs';
import { isSame } from './declared.mjs';

/** Joins that fill the columns of one side with nulls, and what puts rows of several queries together. */
const MAKES_NULLS = /\b(?:left|right|full)\s+(?:outer\s+)?join\b|\bgrouping\s+sets\b|\brollup\b|\bcube\b/i;

/**
 * Compares the columns that PostgreSQL gives with those that the type of the row declares.
 *
 * @returns findings: `{ kind, subject, message }`
 */
export function compareRow(row, { text, columns }, catalogue) {
  if (row === null) return [];
  if (row === 'open') return [found('open-row', '', 'declares no type of the row: say which columns it gives')];
  const findings = [];
  const names = columns.map(({ name }) => name);
  for (const name of row.keys())
    if (!names.includes(name))
      findings.push(found('no-column', name, `declares ${name}, which the statement does not give`));
  for (const [at, column] of columns.entries()) {
    const { name } = column;
    if (names.indexOf(name) !== at)
      findings.push(found('twice', name, `gives ${name} twice: the driver keeps the last one`));
    else if (!row.has(name)) findings.push(found('undeclared', name, `gives ${name}, which nobody declares`));
    else findings.push(...compareColumn(column, row.get(name), text, catalogue));
  }
  return findings;
}

function compareColumn({ name, type, source }, shape, text, catalogue) {
  const { types } = catalogue;
  const { name: sqlName } = types.get(type);
  const given = givenFor(type, types);
  if (given === null)
    return [found('unknown-type', name, `${name} is ${sqlName}: teach the check what the driver makes of it`)];
  const findings = [];
  if (shape.isOptional)
    findings.push(
      found('optional', name, `declares ${name} as optional: the driver gives null, and never leaves a column out`),
    );
  if (!shape.isOpen && given !== 'json') {
    const wrong = shape.kinds.filter((kind) => !isSame(kind, given));
    if (wrong.length > 0)
      findings.push(
        found(
          'type',
          name,
          `declares ${name} as ${wrong.map(inWords)}; it is ${sqlName}, which the driver gives as ${inWords(given)}`,
        ),
      );
  }
  findings.push(...compareLabels(name, types.get(type), shape));
  if (source !== null && !shape.isOpen && given !== 'json')
    findings.push(...compareNull(name, source, shape, text, catalogue));
  return findings;
}

/** `heard_at IS NOT NULL` in the text is taken for what leaves the nulls out. */
function isSaidNotNull(column, text) {
  return new RegExp(`\\b${column}"? IS NOT NULL\\b`).test(text);
}

function compareNull(name, source, { isNullable }, text, { notNull, columnNames }) {
  if (!notNull.has(source) && !isNullable && !isSaidNotNull(columnNames.get(source), text))
    return [found('null', name, `declares ${name} without null, and its column may be null`)];
  if (notNull.has(source) && isNullable && !MAKES_NULLS.test(text))
    return [found('never-null', name, `declares ${name} with null, and its column is NOT NULL`)];
  return [];
}

/** A union of texts must name every label of an enum, and no other. */
function compareLabels(name, { name: sqlName, labels }, { texts, isAnyText }) {
  if (labels.length === 0 || isAnyText || texts.length === 0) return [];
  const missing = labels.filter((label) => !texts.includes(label));
  const strange = texts.filter((label) => !labels.includes(label));
  return [
    ...(missing.length > 0
      ? [found('labels', name, `${name} is ${sqlName}, and may also be ${missing.join(', ')}`)]
      : []),
    ...(strange.length > 0 ? [found('labels', name, `${name} is ${sqlName}, and never ${strange.join(', ')}`)] : []),
  ];
}

/**
 * Compares the parameters that PostgreSQL expects with the values that a call hands over.
 *
 * @param names of the parameters, in their order
 * @param values see `Sources.valuesOf`
 */
export function compareValues(names, values, { parameters }, { types }) {
  if (values === 'open')
    return [
      found('open-values', '', 'hands over values of any name: let their type name each, so that it can be compared'),
    ];
  return names.flatMap((name, at) => {
    const type = types.get(parameters[at]);
    const shape = values.get(name);
    if (!shape) return [found('no-value', name, `hands over no ${name}`)];
    if (shape.isOptional) return [found('optional-value', name, `may hand over no ${name}: undefined is refused`)];
    const taken = takenFor(parameters[at], types);
    if (taken === null)
      return [found('unknown-type', name, `${name} is ${type.name}: teach the check what may be handed over`)];
    if (shape.isOpen) return [found('open-value', name, `hands ${name} over as a value of any type`)];
    const wrong = shape.kinds.filter(
      (kind) => !isSame(kind, { of: 'never' }) && !taken.some((each) => isSame(each, kind)),
    );
    if (wrong.length > 0)
      return [found('value', name, `hands ${name} over as ${wrong.map(inWords)}; the statement takes ${type.name}`)];
    const labels = type.element === null ? type.labels : types.get(type.element).labels;
    const strange = (shape.elements ?? shape).texts.filter((text) => labels.length > 0 && !labels.includes(text));
    return strange.length > 0
      ? [
          found(
            'labels',
            name,
            `hands ${name} over, which may be ${strange.join(', ')}; ${type.name} has no such label`,
          ),
        ]
      : [];
  });
}

const found = (kind, subject, message) => ({ kind, subject, message });

function inWords(kind) {
  return typeof kind === 'string' ? kind : `${inWords(kind.of)}[]`;
}
