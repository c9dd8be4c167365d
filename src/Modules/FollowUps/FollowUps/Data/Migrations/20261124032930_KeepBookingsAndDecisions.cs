using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class KeepBookingsAndDecisions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_booking",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.AddColumn<string>(
                name: "decisions",
                schema: "followups",
                table: "follow_ups",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'[]'");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "not_after",
                schema: "followups",
                table: "follow_ups",
                type: "timestamp with time zone",
                nullable: false,
                defaultValue: new DateTimeOffset(new DateTime(1, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)));

            migrationBuilder.CreateTable(
                name: "bookings",
                schema: "followups",
                columns: table => new
                {
                    booking_id = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    user_id = table.Column<string>(type: "text", nullable: true, collation: "C"),
                    state = table.Column<short>(type: "smallint", nullable: false),
                    event_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    occurred_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    moved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    recorded_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_bookings", x => x.booking_id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_booking",
                schema: "followups",
                table: "follow_ups",
                column: "booking_id",
                filter: "booking_id IS NOT NULL AND status IN (0, 1)");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "bookings",
                schema: "followups");

            migrationBuilder.DropIndex(
                name: "ix_follow_ups_booking",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "decisions",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "not_after",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_booking",
                schema: "followups",
                table: "follow_ups",
                column: "booking_id",
                filter: "status = 0 AND booking_id IS NOT NULL");
        }
    }
}
