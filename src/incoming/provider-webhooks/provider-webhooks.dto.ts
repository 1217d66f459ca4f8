export class WebhookTakenDto {
  status!: 'ok';
}
