/** The shape of every failure. */
export class FailureDto {
  success!: false;
  /** For people, in the language of the answer. */
  message!: string;
  /** Stable; programs should switch on it. */
  code!: string;
  /** More about the failure, depending on the code: fields and their problems, attempts left, a provider's words. */
  details?: object;
}
