using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Host.Access;
using Host.Idempotency;
using Host.Pipeline;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Host.OpenApi;

// The document of the API, made from the routes, the records and what they say of themselves.
internal static class OpenApiSetup
{
    private const string Bearer = "bearer";
    private const string Key = "apiKey";

    private static readonly Dictionary<string, string> Tags = new(StringComparer.Ordinal)
    {
        ["Conversations"] = "Messages, their mood, and what can be read of them.",
        ["Follow-ups"] = "Messages that should reach customers later, and what has left.",
        ["Bookings"] = "What the booking system tells: follow-ups move with it.",
        ["Recipients"] = "How customers want to be reached.",
        ["Templates"] = "The wording.",
        ["Users"] = "All that is held on a customer, and its end.",
        ["Dispatch"] = "Pause and resume sending.",
        ["Scheduler"] = "Whether follow-ups leave on time.",
        ["Performance"] = "How fast the hot operations are, and why.",
    };

    private static readonly Dictionary<string, string> Errors = new(StringComparer.Ordinal)
    {
        ["304"] = "It is still what If-None-Match names.",
        ["400"] = "A field or parameter is wrong; `errors` says which and why. Nothing was changed.",
        ["401"] = "No key or token, or none that counts.",
        ["403"] = "The key or token lacks the scope.",
        ["404"] = "There is no such thing, or it has been erased.",
        ["409"] = "It contradicts what is stored, or the same Idempotency-Key is being answered right now.",
        ["410"] = "The user has been erased.",
        ["412"] = "Something else is kept than If-Match names; the ETag of this answer is its. Nothing was changed.",
        ["413"] = "The body is larger than 16 MiB.",
        ["415"] = "The body is not JSON: send `application/json`.",
        ["422"] = "The Idempotency-Key was used with another body.",
        ["429"] = "Too many requests; `Retry-After` says when to come back.",
        ["500"] = "The service failed; its log has more under the trace id.",
        ["503"] = "The database is away or the service is full; `Retry-After` says when to come back.",
    };

    private static readonly Dictionary<string, string> ProblemTexts = new(StringComparer.Ordinal)
    {
        ["type"] = "`about:blank`: the status says what is wrong.",
        ["title"] = "What is wrong, in a few words for people.",
        ["status"] = "The HTTP status.",
        ["detail"] = "What is wrong here, and what to do, where there is more to say than the title.",
        ["instance"] = "Not used.",
        ["errors"] = "By field or parameter, named as `messages[3].content`, what is wrong with it.",
        ["traceId"] = "What the service's log calls this request.",
        ["messageId"] = "Of a message that was refused: its id, if it had one.",
    };

    public static void AddApiDocument(this IServiceCollection services) =>
        services.AddOpenApi(options =>
        {
            // Any JSON is no type of its own: as one it would not be told from null.
            options.CreateSchemaReferenceId = type =>
                (Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(JsonElement)
                    ? null
                    : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
            options.AddDocumentTransformer(
                (document, _, _) =>
                {
                    Describe(document);
                    return Task.CompletedTask;
                }
            );
            options.AddOperationTransformer(
                (operation, context, _) =>
                {
                    Describe(operation, context);
                    return Task.CompletedTask;
                }
            );
            options.AddSchemaTransformer(
                (schema, context, _) =>
                {
                    Describe(schema, context);
                    return Task.CompletedTask;
                }
            );
        });

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "FollowUps",
            Version = "1",
            Description = """
                Conversations with customers, their mood, and the messages that should reach them later.
                Errors are problem documents (RFC 9457) with a `traceId`. Dates carry an offset or `Z`.
                Lists come in pages: pass `nextCursor` as `cursor` for the next one.
                A query parameter that a call does not take, or one given twice, is a 400; a member of a body that it does not know is ignored.
                Only `%00` in a path is answered without a document: a bare 400.
                """,
            License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
        };
        document.Tags = Tags.Select(tag => new OpenApiTag { Name = tag.Key, Description = tag.Value }).ToHashSet();
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        foreach (var (name, schema) in document.Components.Schemas ?? new Dictionary<string, IOpenApiSchema>())
        {
            Bounds.Apply(name, schema);
            DescribeBesideNull(schema);
        }

        Bounds.OmitWhatThePathNames(document);
        NestMessages(document);
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = $"A token of the configured issuer; its claim `scope` holds some of {Scopes.List}.",
            },
            [Key] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = ApiKeyAuthentication.Header,
                Description = $"A key made by `build/run keys create`; it holds some of {Scopes.List}.",
            },
        };
    }

    // Where one field is in the way, as in a 409, it is named as in a 400.
    private static OpenApiSchema FieldErrors() =>
        new()
        {
            Type = JsonSchemaType.Object,
            AdditionalProperties = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        };

    // Who reads of a field looks beside its name, and not into what it may be.
    private static void DescribeBesideNull(IOpenApiSchema schema)
    {
        foreach (var field in schema.Properties?.Values.OfType<OpenApiSchema>() ?? [])
        {
            if (field.OneOf is [_, OpenApiSchemaReference value])
            {
                field.Description ??= value.Reference.Description;
                value.Reference.Description = null;
            }
        }
    }

    // An export shows each conversation with its messages in it.
    private static void NestMessages(OpenApiDocument document)
    {
        const string nested = "ConversationWithMessages";
        var schemas = document.Components!.Schemas!;
        var conversation = (OpenApiSchema)schemas[nameof(Conversations.Contracts.Conversation)].CreateShallowCopy();
        var messages = new OpenApiSchemaReference(nameof(Conversations.Contracts.Message), document);
        conversation.Properties!["messages"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Items = messages,
            Description = "All of them, oldest first.",
        };
        conversation.Required!.Add("messages");
        schemas[nested] = conversation;
        var export = (OpenApiSchema)schemas[nameof(Api.Users.UserExport)];
        ((OpenApiSchema)export.Properties!["conversations"]).Items = new OpenApiSchemaReference(nested, document);
    }

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var scope = metadata.OfType<IAuthorizeData>().FirstOrDefault()?.Policy;
        operation.Security = scope is null ? [] : [Needs(Key, context), Needs(Bearer, context)];
        if (scope is not null)
        {
            operation.Description = $"{operation.Description}\n\nNeeds the scope `{scope}`.".Trim();
        }

        var call = metadata.OfType<Call>().FirstOrDefault();
        var method = context.Description.HttpMethod ?? "";
        if (HttpMethods.IsPost(method))
        {
            AddHeader(
                operation,
                IdempotencyKeys.Header,
                "Makes a repetition harmless: for 24 hours it gets the same answer.",
                255
            );
        }
        else if (call is { Tagged: true } && HttpMethods.IsGet(method))
        {
            AddHeader(operation, "If-None-Match", "The ETag of what is known already: 304 while it is the same.");
            operation.Responses!["304"] = new OpenApiResponse();
        }
        else if (call is { Tagged: true })
        {
            AddHeader(operation, "If-Match", "The ETag of what the change was made from: 412 when it is another now.");
        }

        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            Bounds.Apply(parameter, metadata.OfType<ITagsMetadata>().FirstOrDefault()?.Tags[0] ?? "");
        }

        if (operation.RequestBody is OpenApiRequestBody body)
        {
            body.Description =
                call?.Body
                ?? Documentation.Of(
                    context.Description.ParameterDescriptions.Single(sent => sent.Source == BindingSource.Body).Type
                );
            if (call?.Example is { } example)
            {
                body.Content!.Values.First().Example = JsonNode.Parse(example);
            }
        }

        foreach (var (status, response) in operation.Responses ?? [])
        {
            if (response is not OpenApiResponse answer)
            {
                continue;
            }

            answer.Description =
                Errors.GetValueOrDefault(status)
                ?? (
                    status == "201" ? "It is new."
                    : operation.Responses!.ContainsKey("201")
                        ? "It was there already, or nothing came of it: the answer says which."
                    : Documentation.Of(
                        context
                            .Description.SupportedResponseTypes.Single(type =>
                                type.StatusCode.ToString(CultureInfo.InvariantCulture) == status
                            )
                            .Type!
                    )
                );
            if (status is "429" or "503")
            {
                AddHeader(answer, "Retry-After", "Seconds to wait.", JsonSchemaType.Integer);
            }
            else if (call is { Located: true } && status == "201")
            {
                AddHeader(answer, "Location", "Where the new follow-up can be read.", JsonSchemaType.String);
            }
            else if (call is { Tagged: true } && status is ("200" or "304" or "412"))
            {
                AddHeader(answer, "ETag", "Names what is kept now.", JsonSchemaType.String);
            }
        }
    }

    private static void AddHeader(OpenApiOperation operation, string name, string description, int? max = null) =>
        (operation.Parameters ??= []).Add(
            new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Header,
                Description = description,
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    MinLength = 1,
                    MaxLength = max,
                },
            }
        );

    private static void AddHeader(OpenApiResponse answer, string name, string description, JsonSchemaType type) =>
        (answer.Headers ??= new Dictionary<string, IOpenApiHeader>())[name] = new OpenApiHeader
        {
            Description = description,
            Schema = new OpenApiSchema { Type = type },
        };

    private static OpenApiSecurityRequirement Needs(string scheme, OpenApiOperationTransformerContext context) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };

    private static void Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(DateTimeOffset) || type == typeof(TimeSpan))
        {
            var optional = type != context.JsonTypeInfo.Type;
            schema.Type = optional ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
            schema.Format = type == typeof(TimeSpan) ? "duration" : "date-time";
        }

        if (type == typeof(Microsoft.AspNetCore.Mvc.ProblemDetails) || type == typeof(HttpValidationProblemDetails))
        {
            schema.Description =
                type == typeof(Microsoft.AspNetCore.Mvc.ProblemDetails)
                    ? "An error (RFC 9457)."
                    : "An error (RFC 9457) of what was sent: which fields or parameters, and what is wrong with them.";
            schema.Properties ??= new Dictionary<string, IOpenApiSchema>();
            schema.Properties["traceId"] = new OpenApiSchema { Type = JsonSchemaType.String };
            if (type == typeof(Microsoft.AspNetCore.Mvc.ProblemDetails))
            {
                schema.Properties["errors"] = FieldErrors();
                schema.Properties["messageId"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.String | JsonSchemaType.Null,
                    Format = "uuid",
                };
            }

            foreach (var (name, field) in schema.Properties)
            {
                ((OpenApiSchema)field).Description = ProblemTexts[name];
            }
        }

        if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. EnumWordConverter.Words(type).Select(word => (JsonNode)word)];
        }

        if (context.JsonPropertyInfo is { } property)
        {
            Bounds.Apply(property.Name, schema);
            var text = Documentation.Of(
                property.DeclaringType,
                char.ToUpperInvariant(property.Name[0]) + property.Name[1..]
            );
            // Where the property refers to a schema its text belongs to the reference.
            if (
                schema.Metadata is not { } facts
                || !facts.TryGetValue("x-schema-id", out var id)
                || id is not string { Length: > 0 }
            )
            {
                schema.Description = text ?? schema.Description;
                return;
            }

            if (text is not null)
            {
                facts["x-ref-description"] = text;
            }
        }

        if (Documentation.Of(type) is { Length: > 0 } summary)
        {
            schema.Description = summary;
        }
    }
}
