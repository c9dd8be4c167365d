// The main job, as a client in TypeScript writes it. Compiled in build/test: a change that would break clients breaks here first.
import createClient from "openapi-fetch";
import type { paths } from "../../artifacts/openapi/v1.js";

const api = createClient<paths>({ baseUrl: "http://localhost:5080" });

const stored = await api.POST("/api/v1/conversations/{conversationId}/messages", {
  params: { path: { conversationId: "c-1" } },
  body: { userId: "anna", role: "user", content: "Is the tasting on?", emotion: { score: 0.8 } },
});
const scheduled = await api.POST("/api/v1/follow-ups", {
  body: { trigger: "post_event", userId: "anna", conversationId: "c-1", eventAt: "2031-11-05T18:00:00Z" },
});
const listed = await api.GET("/api/v1/follow-ups", { params: { query: { userId: "anna" } } });

const mood: number | null | undefined = stored.data?.conversation.averageEmotionScore;
const outcome: "scheduled" | "duplicate" | "suppressed" | undefined = scheduled.data?.outcome;
const due: string | undefined = listed.data?.items[0]?.scheduledAt;
export { mood, outcome, due };
