// Writes what parameters Stripe's operations take, as the types of its Node library say.
//
//   npm install stripe@23.1.0 typescript@5.9
//   node extract.mjs node_modules/stripe > rules.json
//
// For each operation: its parameters with their types. The name of one that must be there ends with
// `!`. A type is `string`, `number`, `boolean`, `decimal` or `any`, or an object with one key that
// says its kind: `enum` (the words), `array` and `map` (the type of what is in it), `object` (its
// parameters), `either` (several types), `unset` (a type, or an empty string that removes it).
// What a type can't say, such as that a meter's value is a whole number, is in the code.
import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

const root = process.argv[2];
const version = readFileSync(path.join(root, "VERSION"), "utf8").trim();

/** How deep the parameters of parameters are written; what is deeper may be anything. */
const DEPTH_MAX = 5;

/** Parameters that are long and that nothing here reads: whatever is in them is taken. */
const UNREAD = new Set([
  "address", "shipping", "payment_method_options", "payment_method_data", "custom_text",
  "shipping_options", "shipping_address_collection", "phases", "custom_fields[]", "rendering",
  "add_invoice_items", "transfer_data", "payment_settings", "saved_payment_method_options",
  "wallet_options", "branding_settings", "invoice_creation", "payment_intent_data",
  "setup_intent_data", "permissions", "tax_id_data", "issuer", "shipping_cost", "shipping_details",
  "billing_schedules", "flow_data", "cash_balance", "currency_options", "marketing_features",
  "package_dimensions", "default_price_data", "optional_items", "price_data", "trial_settings",
  "consent_collection", "after_expiration", "dashboard_settings", "amazon_eventbridge",
  "azure_event_grid", "subscription_update", "discounts", "automatic_surcharge", "managed_payments",
]);

/** Method and path, the file of the resource, and the name of the parameters' type. */
const OPERATIONS = [
  ["POST /v1/customers", "Customers", "CustomerCreateParams"],
  ["GET /v1/customers/{id}", "Customers", "CustomerRetrieveParams"],
  ["POST /v1/customers/{id}", "Customers", "CustomerUpdateParams"],
  ["POST /v1/products", "Products", "ProductCreateParams"],
  ["GET /v1/products", "Products", "ProductListParams"],
  ["GET /v1/products/{id}", "Products", "ProductRetrieveParams"],
  ["POST /v1/prices", "Prices", "PriceCreateParams"],
  ["GET /v1/prices", "Prices", "PriceListParams"],
  ["GET /v1/prices/{id}", "Prices", "PriceRetrieveParams"],
  ["POST /v1/billing/meters", "Billing/Meters", "MeterCreateParams"],
  ["GET /v1/billing/meters", "Billing/Meters", "MeterListParams"],
  ["GET /v1/billing/meters/{id}", "Billing/Meters", "MeterRetrieveParams"],
  ["GET /v1/billing/meters/{id}/event_summaries", "Billing/Meters", "MeterListEventSummariesParams"],
  ["POST /v1/billing/meter_events", "Billing/MeterEvents", "MeterEventCreateParams"],
  ["POST /v1/checkout/sessions", "Checkout/Sessions", "SessionCreateParams"],
  ["GET /v1/checkout/sessions", "Checkout/Sessions", "SessionListParams"],
  ["GET /v1/checkout/sessions/{id}", "Checkout/Sessions", "SessionRetrieveParams"],
  ["POST /v1/checkout/sessions/{id}/expire", "Checkout/Sessions", "SessionExpireParams"],
  ["POST /v1/billing_portal/sessions", "BillingPortal/Sessions", "SessionCreateParams"],
  ["POST /v1/billing_portal/configurations", "BillingPortal/Configurations", "ConfigurationCreateParams"],
  ["GET /v1/billing_portal/configurations", "BillingPortal/Configurations", "ConfigurationListParams"],
  ["POST /v1/billing_portal/configurations/{id}", "BillingPortal/Configurations", "ConfigurationUpdateParams"],
  ["GET /v1/subscriptions", "Subscriptions", "SubscriptionListParams"],
  ["GET /v1/subscriptions/{id}", "Subscriptions", "SubscriptionRetrieveParams"],
  ["POST /v1/subscriptions/{id}", "Subscriptions", "SubscriptionUpdateParams"],
  ["DELETE /v1/subscriptions/{id}", "Subscriptions", "SubscriptionCancelParams"],
  ["GET /v1/invoices", "Invoices", "InvoiceListParams"],
  ["GET /v1/invoices/{id}", "Invoices", "InvoiceRetrieveParams"],
  ["POST /v1/invoices/{id}", "Invoices", "InvoiceUpdateParams"],
  ["GET /v1/invoices/{id}/lines", "Invoices", "InvoiceListLineItemsParams"],
  ["POST /v1/invoices/{id}/finalize", "Invoices", "InvoiceFinalizeInvoiceParams"],
  ["POST /v1/invoices/{id}/pay", "Invoices", "InvoicePayParams"],
  ["POST /v1/invoices/{id}/void", "Invoices", "InvoiceVoidInvoiceParams"],
  ["POST /v1/webhook_endpoints", "WebhookEndpoints", "WebhookEndpointCreateParams"],
  ["GET /v1/webhook_endpoints", "WebhookEndpoints", "WebhookEndpointListParams"],
  ["POST /v1/webhook_endpoints/{id}", "WebhookEndpoints", "WebhookEndpointUpdateParams"],
  ["DELETE /v1/webhook_endpoints/{id}", "WebhookEndpoints", "WebhookEndpointDeleteParams"],
  ["GET /v1/events", "Events", "EventListParams"],
  ["GET /v1/events/{id}", "Events", "EventRetrieveParams"],
  ["GET /v1/disputes/{id}", "Disputes", "DisputeRetrieveParams"],
  ["GET /v1/charges/{id}", "Charges", "ChargeRetrieveParams"],
  ["GET /v1/balance", "Balance", "BalanceRetrieveParams"],
  ["POST /v2/core/event_destinations", "V2/Core/EventDestinations", "EventDestinationCreateParams"],
  ["GET /v2/core/event_destinations", "V2/Core/EventDestinations", "EventDestinationListParams"],
];

const source = (file) => path.join(root, "esm/resources", `${file}.d.ts`);
const files = [...new Set(OPERATIONS.map(([, file]) => source(file)))];
const program = ts.createProgram(files, { skipLibCheck: true, strict: true });
const checker = program.getTypeChecker();

/** The declaration of an interface, wherever it stands in its file. */
function declaration(file, name) {
  let found;
  const visit = (node) => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === name) found ??= node;
    ts.forEachChild(node, visit);
  };
  visit(program.getSourceFile(source(file)));
  if (!found) throw new Error(`${file} has no ${name}`);
  return found;
}

const isDecimal = (type) => type.getProperty("isNegative") !== undefined;

/** Whether it is `string & {}`, by which the library says that more words may come. */
const isOpen = (type) => type.isIntersection() && !isDecimal(type);

function describeUnion(type, depth) {
  const parts = type.types.filter(
    (part) => !isOpen(part) && !(part.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)),
  );
  const words = parts.filter((part) => part.isStringLiteral()).map((part) => part.value);
  const others = parts.filter(
    (part) => !part.isStringLiteral() && !(part.flags & ts.TypeFlags.BooleanLiteral),
  );
  const described = others.map((part) => describe(part, depth));
  if (parts.some((part) => part.flags & ts.TypeFlags.BooleanLiteral)) described.push("boolean");
  const unset = words.includes("");
  const named = words.filter((word) => word !== "");
  if (named.length > 0) {
    // Long lists of events and currencies are as good as any string.
    described.push(named.length > 60 ? "string" : { enum: named });
  }
  const distinct = [...new Map(described.map((each) => [JSON.stringify(each), each])).values()];
  const one = distinct.length === 1 ? distinct[0] : { either: distinct };
  return unset && one !== "string" ? { unset: one } : one;
}

function describe(type, depth) {
  if (isDecimal(type)) return "decimal";
  if (type.isUnion()) return describeUnion(type, depth);
  if (type.isStringLiteral()) return { enum: [type.value] };
  if (type.flags & ts.TypeFlags.StringLike) return "string";
  if (type.flags & ts.TypeFlags.NumberLike) return "number";
  if (type.flags & ts.TypeFlags.BooleanLike) return "boolean";
  if (checker.isArrayType(type)) {
    return { array: describe(checker.getTypeArguments(type)[0], depth) };
  }
  if (depth > DEPTH_MAX) return "any";
  const index = type.getStringIndexType();
  if (index) return { map: describe(index, depth + 1) };
  const properties = checker.getPropertiesOfType(type);
  return properties.length === 0 ? "any" : { object: parameters(properties, depth + 1) };
}

function parameters(properties, depth) {
  const described = {};
  for (const property of properties) {
    const needed = property.flags & ts.SymbolFlags.Optional ? "" : "!";
    const type = checker.getTypeOfSymbol(property);
    described[property.name + needed] = UNREAD.has(property.name) ? "any" : describe(type, depth);
  }
  return described;
}

const lines = OPERATIONS.map(([operation, file, name]) => {
  const type = checker.getTypeAtLocation(declaration(file, name));
  const described = parameters(checker.getPropertiesOfType(type), 0);
  return `  ${JSON.stringify(operation)}: ${JSON.stringify(described)}`;
});
console.log(`{ "library": "stripe ${version}", "operations": {\n${lines.join(",\n")}\n} }`);
