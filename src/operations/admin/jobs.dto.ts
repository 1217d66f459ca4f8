export class JobRunDto {
  startedAt!: string;
  /** Null while it runs, and when its end is not known. */
  endedAt!: string | null;
  outcome!: 'running' | 'success' | 'failure';
  /**
   * Why it failed; numbers and ids are removed.
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
  /** Null before the first run. */
  lastRun!: JobRunDto | null;
  /** According to the schedule, or sooner when a failed run is tried again. */
  nextRunAt!: string | null;
  /** Runs started in the last 24 hours by all instances, including repeated ones. */
  runsLastDay!: number;
}

export class JobsAnswerDto {
  success!: true;
  message!: string;
  data!: JobDto[];
}
