// The names that the examples of the README assume.
declare const lastunit: import('lastunit').Lastunit;
declare const shippingAddress: import('lastunit').ShippingAddress;
declare const signal: AbortSignal;
declare const cartId: string;
declare const attempt: number;
declare const checkoutId: string;
declare const orderId: string;
declare const paymentReference: string;
declare const apiKey: string;
declare const keyId: string;
declare const secret: string;
declare const webhookSecret: string;
declare function currentToken(): Promise<string>;
