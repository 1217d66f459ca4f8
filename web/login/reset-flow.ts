import { MasukError } from '../../client/src/masuk.js';
import { OneCall } from './call.js';
import { CodeEntry, type SentCode, unknownCode } from './code-entry.js';
import { type Remembered } from './memory.js';
import { type FieldName, ownProblem, placedIn, type Problem } from './problem.js';
import { type Flow, type Notice, type FlowHost, textOf } from './flow-host.js';
import { wrongPhone } from './typed.js';

type Step = 'request' | 'code' | 'new-password' | 'done';

const FIELDS: Record<Step, readonly FieldName[]> = {
  request: ['name', 'phone'],
  code: ['code'],
  'new-password': ['newPassword', 'confirm'],
  done: [],
};

/** Name and number, then the code, then the new password. */
export class ResetFlow implements Flow {
  readonly steps = ['request', 'code', 'new-password', 'done'];
  step: Step = 'request';
  name = '';
  phone = '';
  problem: Problem | null = null;
  notice: Notice | null = null;
  /** The code itself, where a service for tests tells it. */
  testCode: string | null = null;
  readonly code = new CodeEntry();
  readonly call: OneCall<'request' | 'resend' | 'verify' | 'reset'>;
  /** The right code: the last step sends it again. A reload loses it, as it should. */
  private verified: { readonly otp: string; readonly otpId: string } | null = null;

  private isChanged = false;
  /** The last step was opened anew, and the code is forgotten though it may live. */
  private isReloaded = false;

  constructor(private readonly host: FlowHost) {
    this.call = new OneCall(() => host.changed());
  }

  /** Whether the last step has to ask for the code again. */
  get wantsCodeAgain(): boolean {
    return this.step === 'new-password' && this.verified === null && !this.isOver;
  }

  /** Whether that is for no other reason than a reload. */
  get wasReloaded(): boolean {
    return this.wantsCodeAgain && this.isReloaded;
  }

  type(field: FieldName, value: string): void {
    if (field === 'phone') this.phone = value;
    if (field === 'name') this.name = value;
    if (this.problem?.field === field && this.problem.until === null) this.problem = null;
    const complete = field === 'code' && this.code.type(value, this.host.service.options.otpLength);
    if (complete && this.step === 'code') this.verify();
    this.host.changed();
  }

  submit(form: FormData): void {
    if (this.step === 'request') this.request('request');
    else if (this.step === 'code') this.verify();
    else if (this.step === 'new-password') this.reset(textOf(form, 'newPassword'), textOf(form, 'confirm'));
  }

  resend(): void {
    if (this.code.secondsToResend(this.host.service.now()) <= 0) this.request('resend');
  }

  /** The code came although its answer did not. */
  haveCode(): void {
    const to = this.phone.trim();
    const wrong = this.name.trim() === '' ? 'name_missing' : wrongPhone(to);
    if (wrong !== null) {
      this.refuse(wrong);
      return;
    }
    if (this.code.sent?.to !== to) this.code.expect(unknownCode(to));
    this.host.enter('code');
  }

  allowed(step: string): Step {
    if (this.isChanged) return 'done';
    const further = step === 'code' || step === 'new-password';
    return further && this.code.sent !== null ? step : 'request';
  }

  show(step: string): void {
    this.call.abandon();
    this.step = this.allowed(step);
    this.problem = null;
    this.code.clear();
  }

  remembered(): Remembered {
    const { step, phone, name } = this;
    return { step, phone, name, sent: this.code.isDead ? null : this.code.sent };
  }

  restore(kept: Remembered): void {
    this.phone = kept.phone ?? '';
    this.name = kept.name ?? '';
    if (kept.sent) this.code.expect(kept.sent);
    this.step = this.allowed(kept.step);
    this.isReloaded = this.step === 'new-password';
  }

  hear(sent: SentCode): void {
    if (this.code.sent?.to !== sent.to || this.code.sent.expiresAt === sent.expiresAt) return;
    this.awaitCode(sent);
    this.problem = null;
    if (this.step === 'code' || this.step === 'new-password') this.notice = 'sentElsewhere';
    this.host.changed();
  }

  private request(why: 'request' | 'resend'): void {
    const [nama, noHp] = [this.name.trim(), this.phone.trim()];
    const missing = nama === '' ? 'name_missing' : noHp === '' ? 'phone_missing' : null;
    if (missing !== null) this.refuse(missing);
    if (missing !== null || this.isWaiting()) return;
    this.problem = this.notice = null;
    void this.call.run(why, () => this.host.service.masuk.forgotPassword.requestOtp({ nama, noHp }), {
      done: ({ expiresAt, resendAt, testOTP }, wanted) => {
        this.expect({ ...unknownCode(noHp), expiresAt, resendAt });
        this.testCode = testOTP ?? null;
        if (wanted) this.proceed(why === 'request' ? 'sent' : 'resent');
      },
      failed: (error) => this.requestFailed(error, why, noHp),
    });
  }

  private requestFailed(error: unknown, why: 'request' | 'resend', to: string): void {
    const active = activeCode(error);
    if (active && (why === 'request' || this.isOver)) {
      this.expect({ ...unknownCode(to), ...active });
      this.proceed('alreadySent');
      return;
    }
    const problem = this.fail(error);
    if (why === 'resend' && problem.until !== null && this.code.isDead) this.code.lockBy(problem);
    if (why === 'resend') this.code.waitWithResend(problem.until ?? (Date.parse(active?.resendAt ?? '') || null));
  }

  private proceed(notice: Notice): void {
    this.notice = notice;
    if (this.step === 'request') this.host.enter('code');
    else this.host.focus('code');
  }

  private verify(): void {
    const { typed: otp, sent } = this.code;
    const wrong = this.code.wrongWith(this.host.service.options.otpLength);
    if (wrong !== null) this.refuse(wrong);
    if (wrong !== null || sent === null || this.isWaiting() || this.code.isOver(this.host.service.now())) return;
    this.problem = this.notice = null;
    void this.call.run('verify', () => this.host.service.masuk.forgotPassword.verifyOtp({ noHp: sent.to, otp }), {
      done: ({ otpId }, wanted) => {
        this.verified = { otp, otpId };
        if (wanted) this.host.enter('new-password');
      },
      failed: (error) => this.codeFailed(error, otp),
    });
  }

  private reset(newPassword: string, confirmPassword: string): void {
    const noHp = this.code.sent?.to ?? this.phone.trim();
    const wrong = this.wrongWith(newPassword, confirmPassword);
    if (wrong !== null) this.refuse(wrong);
    if (wrong !== null || this.isWaiting() || this.isOver) return;
    this.problem = this.notice = null;
    const { forgotPassword } = this.host.service.masuk;
    const otp = this.verified?.otp ?? this.code.typed;
    const work = async () => {
      this.verified ??= { otp, otpId: (await forgotPassword.verifyOtp({ noHp, otp })).otpId };
      const registrationToken = this.host.registrationToken();
      const registered = registrationToken !== null && { registrationToken };
      await forgotPassword.resetPassword({ noHp, newPassword, confirmPassword, ...this.verified, ...registered });
    };
    void this.call.run('reset', work, {
      done: () => {
        this.verified = null;
        this.isChanged = true;
        this.code.forget();
        this.host.enter('done', 'instead');
        this.host.passwordChanged(noHp);
      },
      failed: (error) => this.codeFailed(error, otp),
    });
  }

  private codeFailed(error: unknown, otp: string): void {
    const problem = this.host.failed(error);
    const isRefused = problem.code === 'invalid_otp';
    if (problem.code === 'otp_locked') this.code.lockBy(problem);
    // The service knew it for right before: whatever it says of attempts, they are those of no code any more.
    if (isRefused && this.step === 'new-password' && this.verified !== null) this.code.end();
    else if (isRefused) this.code.refuse(otp, problem.attemptsLeft);
    if (isRefused || problem.code === 'otp_not_verified') this.verified = null;
    this.place(problem);
  }

  /** What can be seen here of the last step, before anything is sent; null when nothing is wrong. */
  private wrongWith(newPassword: string, confirmPassword: string): string | null {
    const { otpLength, passwordMinLength } = this.host.service.options;
    const code = this.wantsCodeAgain ? this.code.wrongWith(otpLength) : null;
    if (code !== null) return code;
    if (newPassword === '') return 'new_password_missing';
    if ([...newPassword].length < passwordMinLength) return 'password_short';
    return newPassword === confirmPassword ? null : 'passwords_differ';
  }

  private get fields(): readonly FieldName[] {
    return this.wantsCodeAgain ? ['code', ...FIELDS[this.step]] : FIELDS[this.step];
  }

  /** Only a new code helps. */
  private get isOver(): boolean {
    return this.code.isOver(this.host.service.now());
  }

  private isWaiting(): boolean {
    return (this.problem?.until ?? 0) > this.host.service.now();
  }

  private awaitCode(sent: SentCode): void {
    if (this.code.sent?.expiresAt !== sent.expiresAt) this.testCode = null;
    this.code.expect(sent);
    this.verified = null;
    this.isReloaded = false;
  }

  private expect(sent: SentCode): void {
    this.awaitCode(sent);
    this.host.sent(sent);
  }

  private refuse(code: string): void {
    this.place(ownProblem(code));
    this.host.changed();
  }

  private fail(error: unknown): Problem {
    const problem = this.host.failed(error);
    this.place(problem);
    return problem;
  }

  private place(problem: Problem): void {
    this.problem = placedIn(this.fields, problem);
    if (problem.field) this.host.focus(this.problem.field ?? 'problem');
  }
}

/** A code that is still active is not a failure for the person: it is the one to type. */
function activeCode(error: unknown): { expiresAt: string; resendAt: string } | null {
  if (!(error instanceof MasukError) || error.code !== 'otp_active') return null;
  const { expiresAt, resendAt } = (error.details ?? {}) as Record<string, unknown>;
  return typeof expiresAt === 'string' && typeof resendAt === 'string' ? { expiresAt, resendAt } : null;
}
