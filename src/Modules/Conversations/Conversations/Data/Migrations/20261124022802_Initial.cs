using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Conversations.Data.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "conversations");

            migrationBuilder.CreateTable(
                name: "conversations",
                schema: "conversations",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    user_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    message_count = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_message_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_activity_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    average = table.Column<double>(type: "double precision", nullable: true),
                    low_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    dropped_by = table.Column<Guid>(type: "uuid", nullable: true),
                    escalated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    closed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    escalation_reason = table.Column<string>(type: "text", nullable: true),
                    close_reason = table.Column<string>(type: "text", nullable: true),
                    channels = table.Column<string[]>(type: "text[]", nullable: false),
                    window_at = table.Column<DateTimeOffset[]>(type: "timestamp with time zone[]", nullable: false),
                    window_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    window_scores = table.Column<double[]>(type: "double precision[]", nullable: false),
                    context = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_conversations", x => x.id);
                })
                .Annotation("Npgsql:StorageParameter:fillfactor", 70);

            migrationBuilder.CreateTable(
                name: "erased",
                schema: "conversations",
                columns: table => new
                {
                    key = table.Column<byte[]>(type: "bytea", nullable: false),
                    erased_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_erased", x => x.key);
                });

            migrationBuilder.CreateTable(
                name: "erasure_key",
                schema: "conversations",
                columns: table => new
                {
                    id = table.Column<bool>(type: "boolean", nullable: false),
                    secret = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_erasure_key", x => x.id);
                    table.CheckConstraint("ck_erasure_key_one_row", "id");
                });

            migrationBuilder.CreateTable(
                name: "messages",
                schema: "conversations",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    conversation_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    score = table.Column<double>(type: "double precision", nullable: true),
                    token_count = table.Column<int>(type: "integer", nullable: false),
                    input_tokens = table.Column<int>(type: "integer", nullable: true),
                    output_tokens = table.Column<int>(type: "integer", nullable: true),
                    role = table.Column<short>(type: "smallint", nullable: false),
                    rescored = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                    user_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    channel = table.Column<string>(type: "text", nullable: false),
                    content = table.Column<string>(type: "text", nullable: false),
                    label = table.Column<string>(type: "text", nullable: true),
                    detected = table.Column<string>(type: "jsonb", nullable: true),
                    metadata = table.Column<string>(type: "jsonb", nullable: true),
                    tool_calls = table.Column<string>(type: "jsonb", nullable: true),
                    tool_results = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_messages", x => new { x.conversation_id, x.id });
                });

            migrationBuilder.CreateIndex(
                name: "ix_conversations_mood_drops",
                schema: "conversations",
                table: "conversations",
                columns: new[] { "low_since", "id" },
                filter: "low_since IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_conversations_user",
                schema: "conversations",
                table: "conversations",
                columns: new[] { "user_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_messages_emotion_history",
                schema: "conversations",
                table: "messages",
                columns: new[] { "conversation_id", "sent_at", "id" },
                filter: "score IS NOT NULL")
                .Annotation("Npgsql:IndexInclude", new[] { "score", "label" });

            migrationBuilder.CreateIndex(
                name: "ix_messages_history",
                schema: "conversations",
                table: "messages",
                columns: new[] { "conversation_id", "sent_at", "id" });

            // What StoreMessages calls to undo its batch and say why.
            migrationBuilder.Sql("""
                CREATE FUNCTION conversations.refuse(reason text, slot int) RETURNS void LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION '% %', reason, slot USING ERRCODE = 'CV001';
                END
                $$;
                """);

            migrationBuilder.Sql("""
                INSERT INTO conversations.erasure_key (id, secret)
                VALUES (true, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION conversations.refuse(text, int);");

            migrationBuilder.DropTable(
                name: "conversations",
                schema: "conversations");

            migrationBuilder.DropTable(
                name: "erased",
                schema: "conversations");

            migrationBuilder.DropTable(
                name: "erasure_key",
                schema: "conversations");

            migrationBuilder.DropTable(
                name: "messages",
                schema: "conversations");
        }
    }
}
