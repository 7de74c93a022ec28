"""Where a secret with a name may stand (`§name`, `§`), and where a token without one may."""

NAMED = (
    "§name=§", "export §name=§", '§name="§"', "§name = '§'", "§name: §", '§name: "§"', '"§name": "§",', "  '§name' => '§',",
    'const §name = "§";', 'let §name: string = "§";', 'private static final String §name = "§";', 'String §name = "§";',
    'var §name string = "§"', '§name := "§"', 'let §name: &str = "§";', '#define §name "§"', '$§name = "§";', 'public string §name { get; set; } = "§";',
    'val §name: String = "§"', "def f(§name='§'):", 'os.environ["§name"] = "§"', 'os.getenv("§name", "§")', 'process.env.§name || "§"',
    'System.setProperty("§name", "§");', 'client = Client(§name="§")', "conn.set('§name', '§')", 'config["§name"] = "§"', 'if §name == "§":',
    "--§name §", "--§name=§", "-D§name=§", "ENV §name=§", "ENV §name §", "- §name=§", "- name: §name\n  value: §", '- name: §name\n  value: "§"',
    "<§name>§</§name>", '<add key="§name" value="§"/>', '<entry key="§name">§</entry>', "?§name=§&v=2", "[section]\n§name = §\nx = 1",
    "| §name | § |", "* §name: `§`", "the §name is §", "§name is set to § in prod", "my §name: §", "set §name to '§'", "setx §name §", "set §name=§", "%§name%=§",
    '{\\"§name\\": \\"§\\"}', '{"a": "{\\"§name\\":\\"§\\"}"}', "§name%3D§", "2026-01-02 10:00:00 INFO config §name=§ loaded", "DEBUG {§name=§, port=80}",
    "§name ?= §", "§name:\n  §", "§name: >-\n  §", ':§name => "§"', "§name <- '§'", '(setq §name "§")', '["§name", "§"]', '{ §name, "§" }',
    "§name='''§'''", "§name=b'§'", '§name = f"§"', "# §name: §", '// §name = "§"', "<!-- §name=§ -->", '@Value("${x}") String §name = "§";',
    'assert §name != "§"', "self.§name = '§'", 'this.§name = "§";', '"§name":"§"', "+§name: §", '-  §name = "§"', "§name = r'§'", "data.§name=§;",
)  # fmt: skip

BARE = (
    "§", "token: §", 'x = "§"', "value='§'", "| key | § |", "see § for details", "curl https://api.acme.io -H 'Authorization: Bearer §'",
    "https://api.acme.io/v1?key=§", "log: got § from server", '["§"]', '{"v":"§"}', "(§)", "<v>§</v>", "`§`", "line one\\n§\\nline two",
    "KEY=§", "export A=§;", "new Client('§')", 'connect("§", 80)', "# §", "// §", "- §", "* §,", "user:§", "§.", "§\n", "§\r\nnext", '"§\\n"',
    '\\"§\\"', "&key=§&x=1", "$ cmd § --flag", "[§](http://x.io)", "key:§", "'§':1", "/path/§/x", "==§==", "\t§\t", "«§»", "x=§&y", "a,§,b", "a|§|b", "a;§;b",
)  # fmt: skip
