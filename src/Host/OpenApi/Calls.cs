using Conversations.Contracts;
using FollowUps.Contracts;
using Host.Api;

namespace Host.OpenApi;

// Every call of the API. A route that is missing here fails a test.
internal static class Calls
{
    private const int Ok = StatusCodes.Status200OK;
    private const int Created = StatusCodes.Status201Created;
    private const int Unknown = StatusCodes.Status404NotFound;
    private const int Conflict = StatusCodes.Status409Conflict;
    private const int Erased = StatusCodes.Status410Gone;

    public static readonly IReadOnlyDictionary<string, Call> All = new Dictionary<string, Call>(StringComparer.Ordinal)
    {
        ["POST /api/v1/conversations/{conversationId}/messages"] = new(
            "storeMessage",
            "Store a message",
            typeof(StoreMessages),
            typeof(Api.Conversations.StoredMessage),
            Ok,
            Created,
            Conflict,
            Erased
        )
        {
            Text =
                "Stores a message; its first creates the conversation. Idempotent by `id` in the conversation: one that is stored already changes nothing and is answered as it is stored.",
            Example = """{"userId":"anna","role":"user","content":"Is the tasting on?","emotion":{"score":0.8}}""",
        },
        ["POST /api/v1/messages/batch"] = new(
            "storeMessages",
            "Store many messages, all or none",
            typeof(StoreMessages),
            typeof(Api.Conversations.StoredBatch),
            Ok,
            Conflict,
            Erased
        )
        {
            Text =
                "Stores messages, all or none, and creates their conversations. Idempotent by conversation and message `id`: what is stored already changes nothing and counts as a duplicate.",
            Body = "The messages.",
            Example = """{"messages":[{"conversationId":"c-1","role":"user","content":"Is the tasting on?"}]}""",
        },
        ["GET /api/v1/messages/search"] = new(
            "searchMessages",
            "Find messages by their words",
            typeof(SearchMessages),
            typeof(Page<MessageMatch>),
            Ok
        ),
        ["GET /api/v1/conversations"] = new(
            "listConversations",
            "List conversations",
            typeof(ListConversations),
            typeof(Page<Conversation>),
            Ok
        ),
        ["GET /api/v1/conversations/statistics"] = new(
            "getConversationStatistics",
            "Count what was said",
            typeof(GetConversationStatistics),
            typeof(ConversationStatistics),
            Ok
        ),
        ["GET /api/v1/conversations/{conversationId}"] = new(
            "getConversation",
            "Read a conversation",
            typeof(GetConversation),
            typeof(Conversation),
            Ok,
            Unknown
        ),
        ["PATCH /api/v1/conversations/{conversationId}"] = new(
            "mergeContext",
            "Merge a conversation's context",
            typeof(MergeContext),
            typeof(Conversation),
            Ok,
            Unknown,
            Erased
        )
        {
            Example = """{"context":{"guests":40}}""",
        },
        ["POST /api/v1/conversations/{conversationId}/escalation"] = new(
            "escalateConversation",
            "Hand a conversation over to a human",
            typeof(EscalateConversation),
            typeof(Conversation),
            Ok,
            Unknown,
            Erased
        )
        {
            Example = """{"reason":"Wants to speak to the chef."}""",
        },
        ["DELETE /api/v1/conversations/{conversationId}/escalation"] = new(
            "resolveEscalation",
            "Give a conversation back",
            typeof(ResolveEscalation),
            typeof(Conversation),
            Ok,
            Unknown,
            Erased
        ),
        ["POST /api/v1/conversations/{conversationId}/close"] = new(
            "closeConversation",
            "Close a conversation",
            typeof(CloseConversation),
            typeof(Conversation),
            Ok,
            Unknown,
            Erased
        ),
        ["POST /api/v1/conversations/{conversationId}/reopen"] = new(
            "reopenConversation",
            "Open a conversation again",
            typeof(ReopenConversation),
            typeof(Conversation),
            Ok,
            Unknown,
            Erased
        ),
        ["GET /api/v1/conversations/{conversationId}/messages"] = new(
            "getMessages",
            "Read a conversation's history",
            typeof(GetMessages),
            typeof(Page<Message>),
            Ok,
            Unknown
        ),
        ["GET /api/v1/conversations/{conversationId}/emotion-history"] = new(
            "getEmotionHistory",
            "Read a conversation's newest scores",
            typeof(GetEmotionHistory),
            typeof(Page<ScoredMessage>),
            Ok,
            Unknown
        ),
        ["GET /api/v1/conversations/{conversationId}/context-window"] = new(
            "getContextWindow",
            "Read what fits a language model",
            typeof(GetContextWindow),
            typeof(ContextWindow),
            Ok,
            Unknown
        ),
        ["PUT /api/v1/conversations/{conversationId}/messages/{messageId}/emotion"] = new(
            "setMessageEmotion",
            "Score a message later",
            typeof(SetMessageEmotion),
            typeof(SetMessageEmotionResult),
            Ok,
            Unknown,
            Erased
        )
        {
            Example = """{"score":0.2,"label":"disappointed"}""",
        },
        ["GET /api/v1/users/{userId}/messages"] = new(
            "getUserMessages",
            "Read a customer's timeline",
            typeof(GetUserMessages),
            typeof(Page<Message>),
            Ok,
            Unknown
        ),
        ["GET /api/v1/users/{userId}/export"] = new(
            "exportUser",
            "Export all that is held on a customer",
            null,
            typeof(Users.UserExport),
            Ok,
            Unknown
        )
        {
            Text =
                "Writes all that is held on a customer: conversations with their messages, how they want to be reached, bookings, follow-ups and what was not scheduled. It is written while it is read, so what changes meanwhile may be in it or not.",
        },
        ["DELETE /api/v1/users/{userId}"] = new("eraseUser", "Erase a customer", null, typeof(Users.ErasedUser), Ok)
        {
            Text =
                "Erases all that is held on a customer. What is written of them later is refused with 410; of that only a hash of their id, and of their conversations' ids, is kept. Again, and for one never seen: counts of 0. After an error repeat it.",
        },
        ["POST /api/v1/follow-ups"] = new(
            "scheduleFollowUp",
            "Schedule a follow-up",
            typeof(ScheduleFollowUps),
            typeof(ScheduleResult),
            Ok,
            Created,
            Erased
        )
        {
            Text =
                "Schedules a follow-up, unless one like it is there (200 with it, `duplicate`) or the customer's cap or opt-out forbids it (200, `suppressed`). Of any number of equal requests at once one schedules, and all learn its id.",
            Located = true,
            Example =
                """{"trigger":"post_event","userId":"anna","conversationId":"c-1","eventAt":"2031-11-05T18:00:00Z"}""",
        },
        ["POST /api/v1/follow-ups/batch"] = new(
            "scheduleFollowUps",
            "Schedule many follow-ups",
            typeof(ScheduleFollowUps),
            typeof(Page<ScheduleResult>),
            Ok,
            Erased
        )
        {
            Text =
                "Schedules follow-ups, each unless one like it is there (`duplicate`) or the customer's cap or opt-out forbids it (`suppressed`): an outcome each, in the order of the request. An earlier one counts for a later one.",
            Body = "The follow-ups.",
            Example =
                """{"followUps":[{"trigger":"custom","userId":"anna","scheduledAt":"2031-11-05T18:00:00Z","message":"See you soon."}]}""",
        },
        ["GET /api/v1/follow-ups"] = new(
            "listFollowUps",
            "List follow-ups by due time",
            typeof(ListFollowUps),
            typeof(Page<ListedFollowUp>),
            Ok
        ),
        ["GET /api/v1/follow-ups/{id}"] = new(
            "getFollowUp",
            "Read a follow-up with its attempts",
            typeof(GetFollowUp),
            typeof(FollowUp),
            Ok,
            Unknown
        ),
        ["POST /api/v1/follow-ups/{id}/cancel"] = new(
            "cancelFollowUp",
            "Cancel a follow-up",
            typeof(CancelFollowUp),
            typeof(FollowUp),
            Ok,
            Unknown
        )
        {
            Example = """{"reason":"The customer called."}""",
        },
        ["POST /api/v1/follow-ups/{id}/reschedule"] = new(
            "rescheduleFollowUp",
            "Move a follow-up",
            typeof(RescheduleFollowUp),
            typeof(FollowUp),
            Ok,
            Unknown
        )
        {
            Example = """{"scheduledAt":"2031-11-06T18:00:00Z"}""",
        },
        ["POST /api/v1/follow-ups/{id}/retry"] = new(
            "retryFollowUp",
            "Retry a follow-up that failed",
            typeof(RetryFollowUp),
            typeof(FollowUp),
            Ok,
            Unknown
        ),
        ["POST /api/v1/follow-ups/retry"] = new(
            "retryFollowUps",
            "Retry all that failed",
            typeof(RetryFollowUps),
            typeof(Api.FollowUps.Retried),
            Ok
        )
        {
            Body = "Which of those that failed; without a body all.",
            Example = """{"trigger":"post_event"}""",
        },
        ["GET /api/v1/follow-ups/statistics"] = new(
            "getFollowUpStatistics",
            "Count how the follow-ups do",
            typeof(GetFollowUpStatistics),
            typeof(FollowUpStatistics),
            Ok
        ),
        ["GET /api/v1/outbox"] = new(
            "listOutbox",
            "List what has left",
            typeof(ListOutbox),
            typeof(Page<OutboxItem>),
            Ok
        ),
        ["POST /api/v1/bookings/{bookingId}/confirmed"] = new(
            "confirmBooking",
            "A booking was confirmed",
            typeof(ConfirmBooking),
            typeof(Bookings.Confirmed),
            Ok,
            Created,
            Conflict,
            Erased
        )
        {
            Located = true,
            Example = """{"userId":"anna","conversationId":"c-1","eventAt":"2031-11-05T18:00:00Z"}""",
        },
        ["POST /api/v1/bookings/{bookingId}/rescheduled"] = new(
            "rescheduleBooking",
            "A booking was moved",
            typeof(RescheduleBooking),
            typeof(BookingResult),
            Ok
        )
        {
            Example = """{"eventAt":"2031-11-07T18:00:00Z"}""",
        },
        ["POST /api/v1/bookings/{bookingId}/cancelled"] = new(
            "cancelBooking",
            "A booking was cancelled",
            typeof(CancelBooking),
            typeof(BookingResult),
            Ok
        ),
        ["POST /api/v1/bookings/{bookingId}/completed"] = new(
            "completeBooking",
            "A booking took place",
            typeof(CompleteBooking),
            typeof(BookingResult),
            Ok
        ),
        ["POST /api/v1/bookings/{bookingId}/no-show"] = new(
            "recordNoShow",
            "The customer did not come",
            typeof(RecordNoShow),
            typeof(BookingResult),
            Ok
        ),
        ["GET /api/v1/recipients/{userId}"] = new(
            "getRecipient",
            "Read how a customer wants to be reached",
            typeof(GetRecipient),
            typeof(Recipient),
            Ok,
            Unknown
        )
        {
            Tagged = true,
        },
        ["PUT /api/v1/recipients/{userId}"] = new(
            "putRecipient",
            "Set how a customer wants to be reached",
            typeof(PutRecipient),
            typeof(Recipient),
            Ok,
            Erased
        )
        {
            Tagged = true,
            Body = "How the customer wants to be reached.",
            Example = """{"timeZone":"Europe/Berlin","locale":"de-DE","quietHours":{"from":"22:00","to":"07:00"}}""",
        },
        ["GET /api/v1/recipients/{userId}/refusals"] = new(
            "listRefusals",
            "List what was not scheduled",
            typeof(ListRefusals),
            typeof(Page<Refusal>),
            Ok
        ),
        ["GET /api/v1/templates"] = new(
            "listTemplates",
            "List the texts in force",
            typeof(ListTemplates),
            typeof(Templates.ListedTemplates),
            Ok
        ),
        ["GET /api/v1/templates/{id}"] = new(
            "getTemplate",
            "Read the text in force",
            typeof(GetTemplate),
            typeof(Template),
            Ok,
            Unknown
        )
        {
            Tagged = true,
        },
        ["GET /api/v1/templates/{id}/versions"] = new(
            "listTemplateVersions",
            "List the texts that were put",
            typeof(ListTemplateVersions),
            typeof(Page<TemplateVersion>),
            Ok,
            Unknown
        ),
        ["GET /api/v1/templates/{id}/versions/{version}"] = new(
            "getTemplateVersion",
            "Read a text that was put",
            typeof(ListTemplateVersions),
            typeof(TemplateVersion),
            Ok,
            Unknown
        )
        {
            Text = "Reads one text of a template's history.",
        },
        ["PUT /api/v1/templates/{id}"] = new(
            "putTemplate",
            "Put a text in the place of the built-in one",
            typeof(PutTemplate),
            typeof(Template),
            Ok,
            Unknown,
            Conflict
        )
        {
            Tagged = true,
            Example =
                """{"subject":"How was it?","body":"Thank you, {{ user_id }}. How was the {{ dish }}?","variables":["dish"]}""",
        },
        ["DELETE /api/v1/templates/{id}"] = new(
            "deleteTemplate",
            "Go back from an override",
            typeof(DeleteTemplate),
            typeof(Template),
            Ok,
            Unknown
        )
        {
            Tagged = true,
        },
        ["POST /api/v1/templates/{id}/preview"] = new(
            "previewTemplate",
            "Render a template without sending it",
            typeof(PreviewTemplate),
            typeof(TemplatePreview),
            Ok,
            Unknown
        )
        {
            Example = """{"variables":{"dish":"risotto"},"mood":"high"}""",
        },
        ["POST /api/v1/dispatch/pause"] = new(
            "pauseDispatch",
            "Pause sending",
            typeof(PauseDispatch),
            typeof(Dispatch.DispatchState),
            Ok
        )
        {
            Body = "What to pause; without a body all.",
            Example = """{"trigger":"reengagement"}""",
        },
        ["POST /api/v1/dispatch/resume"] = new(
            "resumeDispatch",
            "Resume sending",
            typeof(ResumeDispatch),
            typeof(Dispatch.DispatchState),
            Ok
        )
        {
            Body = "What to resume; without a body all.",
        },
        ["GET /api/v1/scheduler/health"] = new(
            "getSchedulerHealth",
            "Tell whether follow-ups leave on time",
            typeof(GetDispatchHealth),
            typeof(SchedulerHealth),
            Ok
        ),
        ["GET /api/v1/performance"] = new(
            "getPerformance",
            "Tell how fast the hot operations are",
            null,
            typeof(PerformanceReport),
            Ok
        )
        {
            Text =
                "Shows how long the operations that have a target took in the newest minutes, on the instance that answers.",
        },
        ["GET /api/v1/performance/plans"] = new("getPlans", "Explain the hot queries", null, null, Ok)
        {
            Text =
                "Asks PostgreSQL how it would answer each hot query now, without running it, and says what to do where an index is missing or not used.",
        },
    };
}
