export class JobRunDto {
  startedAt!: string;
  /** Null while it runs, and when nobody saw its end. */
  endedAt!: string | null;
  outcome!: 'running' | 'success' | 'failure';
  /**
   * Why it failed; numbers and ids are blanked.
   * @example canceling statement due to statement timeout
   */
  error!: string | null;
}

export class JobDto {
  /** @example old-codes */
  name!: string;
  /**
   * Minute, hour, day, month and weekday, in UTC.
   * @example 7 * * * *
   */
  cron!: string;
  /** Null before the first one. */
  lastRun!: JobRunDto | null;
  /** By the schedule, or sooner when a run that failed is tried again. */
  nextRunAt!: string | null;
  /** Runs begun in the last 24 hours by all instances, those that were tried again included. */
  runsLastDay!: number;
}

export class JobsAnswerDto {
  success!: true;
  message!: string;
  data!: JobDto[];
}
