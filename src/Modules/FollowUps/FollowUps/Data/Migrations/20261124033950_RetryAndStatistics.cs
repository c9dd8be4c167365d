using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class RetryAndStatistics : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "attempts_before",
                schema: "followups",
                table: "follow_ups",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_executed_at",
                schema: "followups",
                table: "follow_ups",
                column: "executed_at",
                filter: "status = 1")
                .Annotation("Npgsql:IndexInclude", new[] { "scheduled_at", "created_at" });

            migrationBuilder.CreateIndex(
                name: "ix_follow_ups_failed",
                schema: "followups",
                table: "follow_ups",
                columns: new[] { "scheduled_at", "id" },
                filter: "status = 3");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_follow_ups_executed_at",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropIndex(
                name: "ix_follow_ups_failed",
                schema: "followups",
                table: "follow_ups");

            migrationBuilder.DropColumn(
                name: "attempts_before",
                schema: "followups",
                table: "follow_ups");
        }
    }
}
