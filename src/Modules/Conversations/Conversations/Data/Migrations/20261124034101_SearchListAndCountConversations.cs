using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Conversations.Data.Migrations
{
    /// <inheritdoc />
    public partial class SearchListAndCountConversations : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "last_message_hour",
                schema: "conversations",
                table: "conversations",
                type: "timestamp with time zone",
                nullable: false,
                computedColumnSql: "date_bin('1 hour', last_message_at, timestamptz '0001-01-01 00:00:00+00')",
                stored: true);

            migrationBuilder.CreateIndex(
                name: "ix_messages_context_window",
                schema: "conversations",
                table: "messages",
                columns: new[] { "conversation_id", "sent_at", "id" },
                filter: "role = 2");

            migrationBuilder.CreateIndex(
                name: "ix_conversations_list",
                schema: "conversations",
                table: "conversations",
                column: "last_message_hour");

            migrationBuilder.CreateIndex(
                name: "ix_conversations_list_escalated",
                schema: "conversations",
                table: "conversations",
                column: "last_message_hour",
                filter: "escalated_at IS NOT NULL");

            migrationBuilder.Sql("""
                CREATE INDEX ix_messages_hour ON conversations.messages
                (date_bin('1 hour', sent_at, timestamptz '0001-01-01 00:00:00+00'));
                """);

            // The insert that fills the pending list merges it while its caller waits: a short one keeps that wait short.
            migrationBuilder.Sql("""
                CREATE INDEX ix_messages_search ON conversations.messages
                USING gin (to_tsvector('simple', left(content, 100000))) WITH (gin_pending_list_limit = 256);
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP INDEX conversations.ix_messages_hour, conversations.ix_messages_search;");

            migrationBuilder.DropIndex(
                name: "ix_messages_context_window",
                schema: "conversations",
                table: "messages");

            migrationBuilder.DropIndex(
                name: "ix_conversations_list",
                schema: "conversations",
                table: "conversations");

            migrationBuilder.DropIndex(
                name: "ix_conversations_list_escalated",
                schema: "conversations",
                table: "conversations");

            migrationBuilder.DropColumn(
                name: "last_message_hour",
                schema: "conversations",
                table: "conversations");
        }
    }
}
