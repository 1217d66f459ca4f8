import { ValidationTypes, getMetadataStorage } from 'class-validator';

/** Whether a field may be left out of a body, judged by the condition that its DTO states (`IsOptional`, `ValidateIf`). */
type Condition = (body: object, value: unknown) => boolean;

const conditionsOf = new WeakMap<object, Map<string, Condition[]>>();

/**
 * Takes blank texts (`""`) out of a body, wherever its DTO lets the field be left out: a form sends all of its fields,
 * also those that nobody filled in. So a blank means unchanged in a PATCH, and a required field stays blank and is refused.
 *
 * @param body an instance of a DTO, or what it holds; changed in place
 */
export function leaveOutBlanks(body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  const conditions = conditionsFor(body.constructor);
  for (const [field, value] of Object.entries(body)) {
    if (value !== '') {
      leaveOutBlanks(value);
    } else if (conditions.has(field)) {
      const without = { ...body, [field]: undefined };
      const mayBeLeftOut = conditions.get(field)?.some((mustBeValid) => !mustBeValid(without, undefined));
      if (mayBeLeftOut) Reflect.deleteProperty(body, field);
    }
  }
}

function conditionsFor(dto: object): Map<string, Condition[]> {
  const known = conditionsOf.get(dto);
  if (known) return known;
  const conditions = new Map<string, Condition[]>();
  const rules =
    typeof dto === 'function' ? getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false) : [];
  for (const { type, propertyName, constraints } of rules) {
    if (type !== ValidationTypes.CONDITIONAL_VALIDATION) continue;
    const [condition] = constraints as [Condition];
    conditions.set(propertyName, [...(conditions.get(propertyName) ?? []), condition]);
  }
  conditionsOf.set(dto, conditions);
  return conditions;
}
