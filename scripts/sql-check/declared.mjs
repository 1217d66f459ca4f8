import { relative } from 'node:path';
import ts from 'typescript';

/** @returns the program of a `tsconfig.json`, whole and with types */
export function programOf(configPath) {
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (problem) => {
      throw new Error(textOf(problem));
    },
  };
  const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(configPath, {}, host);
  if (errors.length > 0) throw new Error(errors.map(textOf).join('\n'));
  return ts.createProgram(fileNames, options);
}

const textOf = ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n');

/**
 * What the sources say about SQL: where a statement is made and with which type of row; where one is run and with which
 * values; and where the driver is asked directly.
 *
 * @param program see `programOf`
 * @param root paths are told relative to this folder
 * @param isOurs whether to look into a source file
 */
export class Sources {
  constructor(program, root, isOurs) {
    this.checker = program.getTypeChecker();
    this.root = root;
    this.statements = [];
    this.runs = [];
    this.questions = [];
    for (const file of program.getSourceFiles()) if (isOurs(file.fileName)) this.visit(file);
  }

  placeOf(node) {
    const file = node.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    return { file: relative(this.root, file.fileName), line: line + 1 };
  }

  visit(node) {
    if (ts.isCallExpression(node)) this.visitCall(node);
    ts.forEachChild(node, (child) => this.visit(child));
  }

  visitCall(node) {
    const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
    const owner = this.ownerOf(callee);
    if (callee.text === 'statement' && owner.endsWith('/statement.ts')) this.statements.push(this.statementAt(node));
    if (/^run(Behind)?$/.test(callee.text) && owner.endsWith('/database.ts')) this.runs.push(this.runAt(node));
    if (callee.text === 'query' && /[\\/]@types[\\/]pg[\\/]/.test(owner)) this.questions.push(this.questionAt(node));
  }

  /** The file that declares what a name stands for. */
  ownerOf(name) {
    return this.symbolOf(name)?.declarations?.[0]?.getSourceFile().fileName ?? '';
  }

  symbolOf(name) {
    const symbol = this.checker.getSymbolAtLocation(name);
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  statementAt(node) {
    const [row] = this.checker.getTypeArguments(this.checker.getTypeAtLocation(node));
    return { node, ...this.placeOf(node), row: this.rowOf(row, node) };
  }

  /** @returns the columns by name; null where no row is read; `open` where the type says nothing of them */
  rowOf(type, node) {
    if (!type || type.flags & ts.TypeFlags.Never) return null;
    if (type.flags & (ts.TypeFlags.TypeParameter | ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return 'open';
    return this.propertiesOf(type.isUnion() ? type.types : [type], node);
  }

  runAt(node) {
    const [which, values] = node.arguments;
    const made = new Set();
    this.follow(which, made);
    return { node, ...this.placeOf(node), made, values: this.valuesOf(values) };
  }

  /** @returns the values by name; each with its shape. `open` where the type names none */
  valuesOf(expression) {
    const type = this.checker.getTypeAtLocation(expression);
    const kinds = type.isUnion() ? type.types : [type];
    if (kinds.some((kind) => kind.getStringIndexType())) return 'open';
    const values = this.propertiesOf(kinds, expression);
    // The type of a text in a literal is any text; the text itself is told by its own place.
    for (const property of ts.isObjectLiteralExpression(expression) ? expression.properties : [])
      if (ts.isPropertyAssignment(property) && ts.isStringLiteralLike(property.initializer))
        values.set(property.name.text, this.shapeOf(this.checker.getTypeAtLocation(property.initializer), false));
    return values;
  }

  /** The shapes of all properties that the types have, by name. */
  propertiesOf(types, node) {
    const shapes = new Map();
    for (const property of types.flatMap((type) => this.checker.getPropertiesOfType(type))) {
      const given = this.checker.getTypeOfSymbolAtLocation(property, node);
      const isOptional = Boolean(property.flags & ts.SymbolFlags.Optional);
      shapes.set(property.name, joined(shapes.get(property.name), this.shapeOf(given, isOptional)));
    }
    return shapes;
  }

  questionAt(node) {
    const [what, values] = node.arguments;
    const type = this.checker.getTypeAtLocation(what);
    const text = type.getProperty('text');
    const literal = text ? this.checker.getTypeOfSymbolAtLocation(text, what) : type;
    const [row] = (node.typeArguments ?? []).map((each) => this.checker.getTypeFromTypeNode(each));
    return {
      ...this.placeOf(node),
      within: nameAround(node),
      text: literal.isStringLiteral() ? literal.value : null,
      row: row ? this.rowOf(row, node) : null,
      values: values && ts.isArrayLiteralExpression(values) ? this.tupleOf(values) : new Map(),
    };
  }

  tupleOf({ elements }) {
    return new Map(
      elements.map((each, at) => [String(at + 1), this.shapeOf(this.checker.getTypeAtLocation(each), false)]),
    );
  }

  /** Adds the calls of `statement` that an expression may stand for, as far as they can be followed. */
  follow(node, made) {
    if (ts.isCallExpression(node)) {
      if (this.ownerOf(node.expression).endsWith('/statement.ts')) made.add(node);
      else for (const each of [node.expression, ...node.arguments]) this.followReturns(each, made);
    } else if (ts.isObjectLiteralExpression(node)) {
      for (const each of node.properties) if (ts.isPropertyAssignment(each)) this.follow(each.initializer, made);
    } else if (ts.isArrayLiteralExpression(node)) {
      for (const each of node.elements) this.follow(each, made);
    } else if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      this.follow(node.expression, made);
    } else if (ts.isSatisfiesExpression(node) || ts.isAsExpression(node) || ts.isParenthesizedExpression(node)) {
      this.follow(node.expression, made);
    } else if (ts.isConditionalExpression(node)) {
      for (const each of [node.whenTrue, node.whenFalse]) this.follow(each, made);
    } else if (ts.isBinaryExpression(node)) {
      for (const each of [node.left, node.right]) this.follow(each, made);
    } else if (ts.isIdentifier(node)) {
      this.followName(node, made);
    }
  }

  declarationOf(name) {
    return this.symbolOf(name)?.valueDeclaration;
  }

  followName(name, made) {
    let declaration = this.declarationOf(name);
    let wanted = null;
    if (declaration && ts.isBindingElement(declaration)) {
      wanted = (declaration.propertyName ?? declaration.name).text;
      declaration = declaration.parent.parent;
    }
    if (!declaration || !ts.isVariableDeclaration(declaration)) return;
    const loop = declaration.parent.parent;
    const source = ts.isForOfStatement(loop) ? loop.expression : declaration.initializer;
    if (source && wanted === null) this.follow(source, made);
    else if (source) this.followProperty(source, wanted, made);
  }

  /** `const { select } = STATEMENTS[which]`: only the property of that name. */
  followProperty(source, wanted, made) {
    const visit = (node) => {
      if (ts.isPropertyAssignment(node) && node.name.getText() === wanted) this.follow(node.initializer, made);
      else ts.forEachChild(node, visit);
    };
    let root = source;
    while (ts.isElementAccessExpression(root) || ts.isPropertyAccessExpression(root)) root = root.expression;
    const declaration = ts.isIdentifier(root) ? this.declarationOf(root) : undefined;
    if (declaration && ts.isVariableDeclaration(declaration) && declaration.initializer) visit(declaration.initializer);
  }

  followReturns(node, made) {
    const declaration = ts.isIdentifier(node) ? this.declarationOf(node) : node;
    const body = declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : declaration;
    if (!body || !ts.isFunctionLike(body)) return;
    const visit = (inner) => {
      if (ts.isCallExpression(inner) && this.ownerOf(inner.expression).endsWith('/statement.ts')) made.add(inner);
      ts.forEachChild(inner, visit);
    };
    ts.forEachChild(body, visit);
  }

  /** A type as the driver sees it: kinds as of `givenFor`, the texts of a union of literals, and whether null is among them. */
  shapeOf(type, isOptional) {
    const shape = { kinds: [], texts: [], isNullable: false, isOptional, isOpen: false };
    for (const each of type.isUnion() ? type.types : [type]) this.addTo(shape, each);
    return shape;
  }

  addTo(shape, type) {
    const { flags } = type;
    const { TypeFlags } = ts;
    if (flags & TypeFlags.Null) shape.isNullable = true;
    else if (flags & (TypeFlags.Undefined | TypeFlags.Void)) shape.isOptional = true;
    else if (flags & (TypeFlags.Any | TypeFlags.Unknown | TypeFlags.TypeParameter)) shape.isOpen = true;
    else if (flags & TypeFlags.StringLiteral) {
      shape.texts.push(type.value);
      addKind(shape, 'string');
    } else if (flags & TypeFlags.StringLike) {
      shape.isAnyText = true;
      addKind(shape, 'string');
    } else if (flags & TypeFlags.NumberLike) addKind(shape, 'number');
    else if (flags & TypeFlags.BooleanLike) addKind(shape, 'boolean');
    else if (flags & TypeFlags.BigIntLike) addKind(shape, 'bigint');
    else if (flags & TypeFlags.Never) return;
    // A marked text: `string & { readonly mark: … }`.
    else if (type.isIntersection() && type.types.some((each) => each.flags & TypeFlags.StringLike)) {
      shape.isAnyText = true;
      addKind(shape, 'string');
    } else if (this.checker.isArrayType(type) || this.checker.isTupleType(type)) {
      const of = this.checker.getIndexTypeOfType(type, ts.IndexKind.Number);
      const inner = this.shapeOf(of, false);
      shape.elements = joined(shape.elements, inner);
      shape.isOpen ||= inner.isOpen;
      for (const kind of inner.kinds) addKind(shape, { of: kind });
      if (inner.kinds.length === 0) addKind(shape, { of: 'never' });
    } else addKind(shape, this.nameOf(type));
  }

  nameOf(type) {
    const name = type.symbol?.name;
    return name === 'Date' || name === 'Buffer' ? name : 'json';
  }
}

function addKind(shape, kind) {
  if (!shape.kinds.some((each) => isSame(each, kind))) shape.kinds.push(kind);
}

export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function joined(one, other) {
  if (!one) return other;
  const both = { ...one, texts: [...one.texts, ...other.texts], kinds: [...one.kinds] };
  for (const kind of other.kinds) addKind(both, kind);
  for (const flag of ['isNullable', 'isOptional', 'isOpen', 'isAnyText']) both[flag] = one[flag] || other[flag];
  if (one.elements || other.elements) both.elements = joined(one.elements, other.elements ?? one.elements);
  return both;
}

/** The function or method around a call. */
function nameAround(node) {
  for (let at = node.parent; at; at = at.parent) {
    if ((ts.isFunctionDeclaration(at) || ts.isMethodDeclaration(at)) && at.name) return at.name.getText();
  }
  return '';
}
