export class LiveAnswerDto {
  /** @example ok */
  status!: string;
}

export class HealthAnswerDto {
  success!: boolean;
  /** @example ok */
  status!: string;
  database!: 'connected' | 'disconnected';
  /** Whether a device that reaches phones is connected; the service is ready without one. */
  whatsapp!: 'connected' | 'disconnected';
}
