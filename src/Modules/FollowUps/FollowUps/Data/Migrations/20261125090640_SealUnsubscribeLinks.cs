using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace FollowUps.Data.Migrations
{
    /// <inheritdoc />
    public partial class SealUnsubscribeLinks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "unsubscribe_key",
                schema: "followups",
                columns: table => new
                {
                    id = table.Column<bool>(type: "boolean", nullable: false),
                    secret = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_unsubscribe_key", x => x.id);
                    table.CheckConstraint("ck_unsubscribe_key_one_row", "id");
                });

            migrationBuilder.Sql("""
                INSERT INTO followups.unsubscribe_key (id, secret)
                VALUES (true, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "unsubscribe_key",
                schema: "followups");
        }
    }
}
