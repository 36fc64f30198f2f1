/** An error answer of the token endpoint (RFC 6749 s.5.2 with the AADSTS details of entra-directory s.5.13). */
export class TokenError extends Error {
  readonly status: 400 | 401;
  readonly error: string;
  readonly aadsts: number;
  constructor(status: 400 | 401, error: string, aadsts: number, message: string) {
    super(message);
    this.name = 'TokenError';
    this.status = status;
    this.error = error;
    this.aadsts = aadsts;
  }
}

export function tokenErrorBody(error: TokenError, facts: { now: number; traceId: string; correlationId: string }) {
  const stamp = `${new Date(facts.now).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return {
    error: error.error,
    error_description: `AADSTS${error.aadsts}: ${error.message} Trace ID: ${facts.traceId} Correlation ID: ${facts.correlationId} Timestamp: ${stamp}`,
    error_codes: [error.aadsts],
    timestamp: stamp,
    trace_id: facts.traceId,
    correlation_id: facts.correlationId,
    error_uri: `https://login.microsoftonline.com/error?code=${error.aadsts}`,
  };
}
