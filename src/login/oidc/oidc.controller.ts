import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Public } from '../../platform/http/access.decorators.js';
import { AddressLimit } from '../../platform/http/address-limit.guard.js';
import { RawBody } from '../../platform/http/bodies/raw-bodies.js';
import { type ReservingRequest } from '../../platform/http/request-context.js';
import { OidcRoutes } from './oidc-routes.js';

/** Forms. The library itself refuses a body that is not a form, as the standards say. */
const Form = () => RawBody('application/x-www-form-urlencoded', 'application/json');

/**
 * Every route of the OpenID Provider, so that nothing of it is open that is not named here. Who may do what is the
 * standards' business, and the library's: secrets, codes and tokens are in the requests, not in our access tokens. Their
 * answers keep the standards' forms; discovery describes them, and not our OpenAPI.
 */
@ApiExcludeController()
@Controller('oidc')
@Public()
export class OidcController {
  constructor(private readonly routes: OidcRoutes) {}

  @Get('.well-known/openid-configuration')
  discovery(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serve(request, reply);
  }

  @Get('.well-known/oauth-authorization-server')
  metadata(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serve(request, reply);
  }

  @Get('jwks')
  jwks(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serve(request, reply);
  }

  @Get('auth')
  authorize(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serveStart(request, reply);
  }

  @Get('auth/:uid')
  resume(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serve(request, reply);
  }

  @Post('token')
  @Form()
  @AddressLimit('rate_limited', 'failures')
  token(@Req() request: ReservingRequest, @Res() reply: FastifyReply) {
    return this.routes.serveGuess(request, reply);
  }

  @Post('token/introspection')
  @Form()
  @AddressLimit('rate_limited', 'failures')
  introspection(@Req() request: ReservingRequest, @Res() reply: FastifyReply) {
    return this.routes.serveGuess(request, reply);
  }

  @Post('token/revocation')
  @Form()
  @AddressLimit('rate_limited', 'failures')
  revocation(@Req() request: ReservingRequest, @Res() reply: FastifyReply) {
    return this.routes.serveGuess(request, reply);
  }

  @Post('request')
  @Form()
  @AddressLimit('rate_limited', 'failures')
  pushed(@Req() request: ReservingRequest, @Res() reply: FastifyReply) {
    return this.routes.servePushed(request, reply);
  }

  @Get('me')
  userinfo(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serve(request, reply);
  }

  @Post('me')
  @Form()
  userinfoByPost(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serve(request, reply);
  }

  @Get('session/end')
  logout(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serveStart(request, reply);
  }

  @Post('session/end/confirm')
  @Form()
  confirmLogout(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serve(request, reply);
  }

  @Get('session/end/success')
  loggedOut(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serve(request, reply);
  }

  @Post('device/auth')
  @Form()
  @AddressLimit('rate_limited', 'failures')
  async deviceAuthorization(@Req() request: ReservingRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.routes.allowStart(request);
    await this.routes.serveGuess(request, reply);
  }

  @Get('device')
  device(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serveStart(request, reply);
  }

  @Post('device')
  @Form()
  @AddressLimit('rate_limited', 'failures')
  typedDeviceCode(@Req() request: ReservingRequest, @Res() reply: FastifyReply) {
    return this.routes.serveGuess(request, reply);
  }

  @Get('device/:uid')
  resumeDevice(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.routes.serve(request, reply);
  }
}
