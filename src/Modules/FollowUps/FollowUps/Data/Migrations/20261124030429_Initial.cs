using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "followups");

            migrationBuilder.CreateTable(
                name: "follow_ups",
                schema: "followups",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    scheduled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    next_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    event_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_activity_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    executed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    cancelled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    fence = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                    trigger = table.Column<short>(type: "smallint", nullable: false),
                    status = table.Column<short>(type: "smallint", nullable: false),
                    mood = table.Column<short>(type: "smallint", nullable: true),
                    template_pinned = table.Column<bool>(type: "boolean", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    conversation_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    booking_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    dedupe_key = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    template_id = table.Column<string>(type: "text", nullable: true),
                    message = table.Column<string>(type: "text", nullable: true),
                    message_content = table.Column<string>(type: "text", nullable: true),
                    held_reason = table.Column<string>(type: "text", nullable: true),
                    cancel_reason = table.Column<string>(type: "text", nullable: true),
                    error_message = table.Column<string>(type: "text", nullable: true),
                    variables = table.Column<string>(type: "jsonb", nullable: true),
                    attempts = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_follow_ups", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "outbox",
                schema: "followups",
                columns: table => new
                {
                    follow_up_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    user_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    address = table.Column<string>(type: "text", nullable: true),
                    subject = table.Column<string>(type: "text", nullable: true),
                    body = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_outbox", x => x.follow_up_id);
                });

            migrationBuilder.CreateTable(
                name: "recipients",
                schema: "followups",
                columns: table => new
                {
                    user_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    time_zone = table.Column<string>(type: "text", nullable: true),
                    locale = table.Column<string>(type: "text", nullable: true),
                    addresses = table.Column<string>(type: "jsonb", nullable: true),
                    opt_out = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{}'"),
                    quiet_from = table.Column<TimeOnly>(type: "time without time zone", nullable: true),
                    quiet_to = table.Column<TimeOnly>(type: "time without time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_recipients", x => x.user_id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_booking",
                schema: "followups",
                table: "follow_ups",
                column: "booking_id",
                filter: "status = 0 AND booking_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_due",
                schema: "followups",
                table: "follow_ups",
                columns: new[] { "next_at", "id" },
                filter: "status = 0");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_executed",
                schema: "followups",
                table: "follow_ups",
                columns: new[] { "user_id", "trigger", "executed_at" },
                filter: "status = 1");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_list",
                schema: "followups",
                table: "follow_ups",
                columns: new[] { "scheduled_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_pending",
                schema: "followups",
                table: "follow_ups",
                columns: new[] { "user_id", "trigger", "scheduled_at" },
                filter: "status = 0")
                .Annotation("Npgsql:IndexInclude", new[] { "dedupe_key", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_user",
                schema: "followups",
                table: "follow_ups",
                columns: new[] { "user_id", "scheduled_at", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_outbox_list",
                schema: "followups",
                table: "outbox",
                columns: new[] { "sent_at", "follow_up_id" });

            migrationBuilder.CreateIndex(
                name: "ix_outbox_user",
                schema: "followups",
                table: "outbox",
                columns: new[] { "user_id", "sent_at", "follow_up_id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "follow_ups",
                schema: "followups");

            migrationBuilder.DropTable(
                name: "outbox",
                schema: "followups");

            migrationBuilder.DropTable(
                name: "recipients",
                schema: "followups");
        }
    }
}
