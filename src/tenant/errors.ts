/** An answer that refuses a request of the Graph or sync plane: HTTP status, Graph error code, whole-sentence message. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly details:
    | readonly { readonly code: string; readonly message: string; readonly target?: string }[]
    | undefined;
  constructor(
    status: number,
    code: string,
    message: string,
    extra: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly details?: readonly { readonly code: string; readonly message: string; readonly target?: string }[];
    } = {},
  ) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.code = code;
    this.headers = extra.headers ?? {};
    this.details = extra.details;
  }

  /** The same refusal with these headers besides its own. */
  withHeaders(headers: Readonly<Record<string, string>>): RequestError {
    const { status, code, message, details } = this;
    return new RequestError(status, code, message, {
      headers: { ...headers, ...this.headers },
      ...(details ? { details } : {}),
    });
  }
}

/** The error body of entra-directory s.5.10. */
export function errorBody(
  error: { readonly code: string; readonly message: string; readonly details?: RequestError['details'] | undefined },
  ids: { readonly requestId: string; readonly clientRequestId: string; readonly date: string },
) {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.details ? { details: error.details } : {}),
      innerError: {
        date: ids.date,
        'request-id': ids.requestId,
        'client-request-id': ids.clientRequestId,
      },
    },
  };
}
