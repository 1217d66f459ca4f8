/** What every call takes as its last argument. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. What the service has begun is not undone. */
  readonly signal?: AbortSignal;
}
