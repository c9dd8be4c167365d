using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class FindWhoWasLeftOut : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_booking",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.AddColumn<string>(
                name: "conversation_id",
                schema: "followups",
                table: "bookings",
                type: "text",
                nullable: true,
                collation: "C");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_booking",
                schema: "followups",
                table: "follow_ups",
                column: "booking_id",
                filter: "booking_id IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_booking",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "conversation_id",
                schema: "followups",
                table: "bookings");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_booking",
                schema: "followups",
                table: "follow_ups",
                column: "booking_id",
                filter: "booking_id IS NOT NULL AND status IN (0, 1)");
        }
    }
}
