using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class ClaimByTrigger : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_due",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_due",
                schema: "followups",
                table: "follow_ups",
                columns: new[] { "trigger", "next_at" },
                filter: "status = 0");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_due",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_due",
                schema: "followups",
                table: "follow_ups",
                columns: new[] { "next_at", "id" },
                filter: "status = 0");
        }
    }
}
