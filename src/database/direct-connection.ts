import pg from 'pg';

/**
 * Does some work on one connection of its own: for set-ups, which may take longer than the pool allows a statement, and
 * for what belongs to a session.
 *
 * @param databaseUrl past any pooler
 * @param onLost told when the connection breaks while nothing is asked; without a listener Node would end the process
 */
export async function withDirectConnection<Result>(
  databaseUrl: string,
  onLost: (error: Error) => void,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'masuk', keepAlive: true });
  client.on('error', onLost);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
