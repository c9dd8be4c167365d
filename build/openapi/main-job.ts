// The main job, as a client in TypeScript writes it: node main-job.js ADDRESS [TOKEN]. A test compiles and runs it against a service.
import createClient from "openapi-fetch";
import type { components, paths } from "../../artifacts/openapi/v1.js";

declare const process: { argv: string[] };

const [address = "http://localhost:5080", token] = process.argv.slice(2);
const api = createClient<paths>({
  baseUrl: address,
  headers: token ? { Authorization: `Bearer ${token}` } : {},
});
const userId = `anna-${crypto.randomUUID()}`;
const conversationId = `c-${userId}`;

function done<T>(answer: { data?: T; error?: components["schemas"]["ProblemDetails"]; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status} ${answer.error?.title} ${answer.error?.detail ?? ""}`);
  }
  return answer.data;
}

// A customer writes, and books.
const stored = done(
  await api.POST("/api/v1/conversations/{conversationId}/messages", {
    params: { path: { conversationId }, header: { "Idempotency-Key": userId } },
    body: { userId, role: "user", content: "We loved the tasting!", emotion: { score: 0.9 } },
  }),
);
const booked = done(
  await api.POST("/api/v1/bookings/{bookingId}/confirmed", {
    params: { path: { bookingId: `b-${userId}` } },
    body: { userId, conversationId, eventAt: "2031-11-05T18:00:00Z" },
  }),
);
const again = done(
  await api.POST("/api/v1/bookings/{bookingId}/confirmed", {
    params: { path: { bookingId: `b-${userId}` } },
    body: { userId, conversationId, eventAt: "2031-11-05T18:00:00Z" },
  }),
);

// One more message is wanted now: it leaves by itself.
done(
  await api.POST("/api/v1/follow-ups", {
    body: { trigger: "custom", userId, conversationId, scheduledAt: new Date().toISOString(), message: "The menu is ready." },
  }),
);
let sent: components["schemas"]["OutboxItem"] | undefined;
for (let look = 0; sent === undefined && look < 400; look++) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  sent = done(await api.GET("/api/v1/outbox", { params: { query: { userId } } })).items[0];
}

// Of two who edit what they read before, the second is told.
const recipient = { params: { path: { userId } } };
const tag = (await api.GET("/api/v1/recipients/{userId}", recipient)).response.headers.get("ETag") ?? "";
const put = (locale: string) =>
  api.PUT("/api/v1/recipients/{userId}", {
    params: { path: { userId }, header: { "If-Match": tag } },
    body: { locale },
  });
const first = await put("de-DE");
const late = await put("fr-FR");

// What is wrong is named by its field.
const wrong = await api.POST("/api/v1/follow-ups", { body: { trigger: "post_event", userId } });
const problem = wrong.error as components["schemas"]["HttpValidationProblemDetails"] | undefined;

console.log(
  JSON.stringify({
    mood: stored.conversation.averageEmotionScore,
    due: booked.followUp?.scheduledAt,
    outcomes: [booked.outcome, again.outcome],
    sent: sent?.body,
    edits: [first.response.status, late.response.status],
    wrong: Object.keys(problem?.errors ?? {}),
  }),
);
