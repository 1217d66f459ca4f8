/** The shape of every failure. */
export class FailureDto {
  success!: false;
  /** For people, in the language of the answer. */
  message!: string;
  /** Stable; programs switch on it. */
  code!: string;
  /** What else is known, by code: fields and their problems, attempts left, a provider's words. */
  details?: object;
}
