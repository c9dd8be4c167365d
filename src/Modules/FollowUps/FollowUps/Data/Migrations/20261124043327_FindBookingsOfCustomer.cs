using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class FindBookingsOfCustomer : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ix_bookings_user",
                schema: "followups",
                table: "bookings",
                columns: new[] { "user_id", "event_at" },
                filter: "user_id IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_bookings_user",
                schema: "followups",
                table: "bookings");
        }
    }
}
