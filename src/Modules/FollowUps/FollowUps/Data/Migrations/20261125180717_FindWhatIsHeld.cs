using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class FindWhatIsHeld : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_held",
                schema: "followups",
                table: "follow_ups",
                column: "scheduled_at",
                filter: "status = 0 AND held_reason = 'escalated'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_held",
                schema: "followups",
                table: "follow_ups");
        }
    }
}
