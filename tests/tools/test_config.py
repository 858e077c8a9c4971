#!/usr/bin/python3
"""perfadapt config as its users see it, on machines made up here. SPDX-License-Identifier: MIT"""
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
from config_program import PROGRAM, SKIPPED, Made, run, sections, strict  # noqa: E402

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROFILES = os.path.join(SOURCE, "profiles")
PRESETS = ["minimal", "low", "medium", "high", "ultra", "handheld", "battery"]


def keys():
    _, text, _ = run("--list", "--json")
    return [strict(line) for line in text.splitlines()]


class Merging(Made):
    def test_nothing_set(self):
        settings, document = self.at.document()
        self.assertEqual(list(document), ["schema", "app", "preset", "settings", "warnings"])
        self.assertEqual((document["schema"], document["app"], document["preset"], document["warnings"]),
                         ("perfadapt.config/1", None, "medium", []))
        self.assertEqual(list(settings), [key["key"] for key in keys()])
        self.assertEqual(settings["thermal.limit_c"],
                         {"key": "thermal.limit_c", "value": None, "unit": "°C", "source": "default", "file": None,
                          "line": None, "section": None, "given_as": None})

    def test_unknown_device(self):
        settings, document = self.at.document(preset=None)
        self.assertEqual(document["preset"], "low")
        self.assertEqual({key: entry["value"] for key, entry in settings.items() if entry["source"] == "preset"},
                         {"preset.dispatch_ns": 8000000, "preset.dispatch_ms": 8, "preset.memory_share": 0.5,
                          "memory.share": 0.5})
        _, text, _ = self.at.run(preset=None)
        self.assertIn("# Preset low: nothing is known of the device", text)
        self.at.etc("perfadapt.ini", "[policy]\npreset = low\n") # by name it is taken whole
        self.assertEqual(self.at.values(preset=None)["preset.target_fps"], 30)

    def test_where_values_come_from(self):
        path = self.at.etc("perfadapt.ini", "; mine\n[thermal]\n\nlimit_c = 85\n")
        settings, _ = self.at.document()
        entry = settings["thermal.limit_c"]
        self.assertEqual((entry["value"], entry["source"], entry["line"], entry["section"]), (85, "file", 4, "thermal"))
        self.assertTrue(path.endswith(entry["file"]), entry["file"])
        entry = settings["thermal.margin_c"]
        self.assertEqual((entry["value"], entry["source"], entry["line"]), (1.5, "preset", 6))
        self.assertTrue(entry["file"].endswith("/presets/medium.ini"), entry["file"])

    def test_text(self):
        self.at.etc("perfadapt.ini", "[thermal]\nlimit_c = 85\n[memory]\nreserve = 1G\n")
        code, text, errors = self.at.run()
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(text, r"(?m)^# \S*/etc/perfadapt/perfadapt\.ini:2\nlimit_c = 85$")
        self.assertRegex(text, r"(?m)^# preset medium: \S*/presets/medium\.ini:6\n;margin_c = 1\.5$")
        self.assertRegex(text, r"(?m)^# default: auto\n;mode =$")
        found = sections(text)
        self.assertEqual((found["thermal"], found["memory"]), ({"limit_c": "85"}, {"reserve": "1G"}))
        self.assertEqual(found["preset medium"],
                         {"target_fps": "60", "frames_in_flight": "3", "thermal.margin_c": "1.5"})

    def test_a_preset_is_overruled(self):
        self.at.etc("perfadapt.ini", "[thermal]\nmargin_c = 4\n[frame]\ntarget_fps = 50\n")
        settings, _ = self.at.document()
        self.assertEqual((settings["thermal.margin_c"]["value"], settings["thermal.margin_c"]["source"]), (4, "file"))
        other_name = settings["preset.target_fps"]
        self.assertEqual((other_name["value"], other_name["given_as"]), (50, "frame.target_fps"))
        _, text, _ = self.at.run()
        self.assertRegex(text, r"(?m)^# \S*medium\.ini:6; overruled by \S*perfadapt\.ini:2\nthermal\.margin_c = 1\.5$")

    def test_which_preset(self):
        _, document = self.at.document("--preset", "low")
        self.assertEqual(document["preset"], "low")
        self.assertEqual(self.at.values("--preset", "low")["preset.dispatch_ns"], 8000000)
        self.at.etc("perfadapt.ini", "[policy]\npreset = medium\n")
        settings, document = self.at.document("--preset", "low")
        self.assertEqual((document["preset"], settings["policy.preset"]["value"]), ("medium", "medium"))
        self.at.etc("perfadapt.ini", "[policy]\npreset = auto\n")
        self.assertEqual(self.at.document("--preset", "low")[1]["preset"], "low")

    def test_changed_and_own_presets(self):
        path = self.at.etc("perfadapt.ini", "[policy]\npreset = mine\n[preset mine]\ntarget_fps = 48\n"
                                            "thermal.margin_c = 7\n[preset low]\ntarget_fps = 20\n")
        settings, document = self.at.document()
        self.assertEqual((document["preset"], document["warnings"]), ("mine", []))
        entry = settings["frame.target_fps"]
        self.assertEqual((entry["value"], entry["source"], entry["line"]), (48, "preset", 4))
        self.assertTrue(path.endswith(entry["file"]))
        self.assertEqual(settings["thermal.margin_c"]["value"], 7)
        self.at.etc("perfadapt.ini", "[preset low]\ntarget_fps = 20\n")
        values = self.at.values("--preset", "low")
        self.assertEqual((values["frame.target_fps"], values["memory.share"]), (20, 0.5))

    def test_incidents(self):
        self.at.etc("perfadapt.ini", "[record]\nincidents = no\n")
        self.assertEqual(self.at.values()["record.incidents"], "no")
        self.assertEqual(self.at.document()[0]["record.incidents"]["line"], 2)
        self.at.etc("perfadapt.d/50-app.ini", "[app viewer]\nrecord.incidents = yes\n")
        self.assertEqual(self.at.values()["record.incidents"], "no")
        self.assertEqual(self.at.values("--app", "viewer")["record.incidents"], "yes")

    def test_layers(self):
        self.at.usr("perfadapt.ini", "[thermal]\nlimit_c = 70\nmargin_c = 2\n[memory]\nreserve = 1M\n")
        self.at.etc("perfadapt.ini", "[thermal]\nlimit_c = 80\nmargin_c = 3\n")
        self.at.etc("perfadapt.d/10-mine.ini", "[thermal]\nlimit_c = 90\n")
        values = self.at.values()
        self.assertEqual((values["thermal.limit_c"], values["thermal.margin_c"], values["memory.reserve"]),
                         (90, 3, 1048576))

    def test_drop_ins_by_file_name(self):
        self.at.etc("perfadapt.d/20-b.ini", "[thermal]\nlimit_c = 82\n")
        self.at.usr("perfadapt.d/30-c.ini", "[thermal]\nlimit_c = 83\n")
        self.at.etc("perfadapt.d/10-a.ini", "[thermal]\nlimit_c = 81\n")
        settings, _ = self.at.document()
        self.assertEqual(settings["thermal.limit_c"]["value"], 83)
        self.assertTrue(settings["thermal.limit_c"]["file"].endswith("30-c.ini"))
        self.at.etc("perfadapt.d/30-c.txt", "[thermal]\nlimit_c = 84\n")
        self.at.etc("perfadapt.d/.40-d.ini.swp", "[thermal]\nlimit_c = 85\n")
        self.assertEqual(self.at.values()["thermal.limit_c"], 83)

    def test_masks(self):
        self.at.usr("perfadapt.d/10-loud.ini", "[thermal]\nlimit_c = 81\nmargin_c = 4\n")
        self.assertEqual(self.at.values()["thermal.limit_c"], 81)
        path = self.at.etc("perfadapt.d/10-loud.ini", "[thermal]\nlimit_c = 71\n")
        values = self.at.values()
        self.assertEqual((values["thermal.limit_c"], values["thermal.margin_c"]), (71, 1.5))
        self.at.etc("perfadapt.d/10-loud.ini", "")
        self.assertNotIn("thermal.limit_c", self.at.values())
        os.remove(path)
        os.symlink("/dev/null", path)
        self.assertNotIn("thermal.limit_c", self.at.values())
        self.assertEqual(self.at.document()[1]["warnings"], [])

    def test_config_dir(self):
        self.at.etc("perfadapt.ini", "[thermal]\nlimit_c = 80\n")
        self.at.usr("perfadapt.ini", "[thermal]\nmargin_c = 9\n")
        own = os.path.join(self.at.base, "own")
        self.at.write(own, "perfadapt.ini", "[power]\nbattery_busy = 0.4\n")
        self.at.write(own, "perfadapt.d/x.ini", "[memory]\nreserve = 5M\n")
        values = self.at.values("--config-dir", own)
        self.assertNotIn("thermal.limit_c", values)
        self.assertEqual((values["power.battery_busy"], values["memory.reserve"], values["thermal.margin_c"]),
                         (0.4, 5 << 20, 9))

    def test_the_users_files(self):
        home = os.path.join(self.at.base, "home")
        self.at.write(home, ".config/perfadapt/perfadapt.ini", "[thermal]\nlimit_c = 61\n")
        self.at.write(home, "other/perfadapt/perfadapt.d/a.ini", "[thermal]\nlimit_c = 62\n")

        def limit(*arguments, **changes):
            _, text, _ = run("--json", "--data-dir", self.at.data, *arguments, HOME=home, **changes)
            entry = [entry for entry in strict(text)["settings"] if entry["key"] == "thermal.limit_c"][0]
            return entry["value"]
        self.assertEqual(limit(), 61)
        self.assertEqual(limit(XDG_CONFIG_HOME=os.path.join(home, "other")), 62)
        self.assertEqual(limit("--sysroot", "/"), 61)
        self.assertIsNone(limit("--sysroot", self.at.root))

    def test_app_sections(self):
        self.at.etc("perfadapt.ini", "[app viewer]\nthermal.limit_c = 60\n[thermal]\nlimit_c = 80\n")
        self.assertEqual(self.at.values()["thermal.limit_c"], 80)
        settings, document = self.at.document("--app", "viewer")
        self.assertEqual(document["app"], "viewer")
        self.assertEqual((settings["thermal.limit_c"]["value"], settings["thermal.limit_c"]["section"]),
                         (60, "app viewer"))
        self.assertEqual(self.at.values("--app", "view")["thermal.limit_c"], 80)
        _, text, _ = self.at.run("--app", "viewer")
        self.assertRegex(text, r"(?m)^# \S*perfadapt\.ini:2 \[app viewer\]\nlimit_c = 60$")

    def test_machine_sections(self):
        self.at.etc("perfadapt.ini", "[machine deck]\nmatch.dmi_vendor = Valve\nmatch.dmi_product = Jup*\n"
                                     "thermal.limit_c = 70\n[thermal]\nlimit_c = 80\n"
                                     "[app viewer]\nthermal.limit_c = 65\n")
        self.assertEqual(self.at.values()["thermal.limit_c"], 80)
        self.at.machine(vendor="Valve", product="Jupiter")
        settings, _ = self.at.document()
        self.assertEqual((settings["thermal.limit_c"]["value"], settings["thermal.limit_c"]["section"]),
                         (70, "machine deck"))
        self.assertEqual(self.at.values("--app", "viewer")["thermal.limit_c"], 65)
        self.at.machine(product="Galileo")
        self.assertEqual(self.at.values()["thermal.limit_c"], 80)

    def test_what_machines_are_matched_by(self):
        self.at.machine(vendor="Some", product="Thing 5", board="B0", compatible=["some,thing", "soc,x1"],
                        host="node-7")
        self.at.gpu(1, 0x10de, 0x2684)
        for keys_and_values, fits in (
                ("match.dmi_board = B?", True), ("match.dmi_board = B", False), ("match.dmi_product = *5", True),
                ("match.device_tree = soc,x1", True), ("match.device_tree = soc", False),
                ("match.host = node-*", True), ("match.host = other", False), ("match.gpu = 10de:2684", True),
                ("match.gpu = 10de:2600-26ff", True), ("match.gpu = 10de:2685-26ff", False),
                ("match.gpu = 1002:2684", False), ("match.host = node-7\nmatch.gpu = 1002:*", False)):
            self.at.etc("perfadapt.ini", f"[machine m]\n{keys_and_values}\nthermal.limit_c = 70\n")
            settings, document = self.at.document()
            self.assertEqual(document["warnings"], [])
            self.assertEqual(settings["thermal.limit_c"]["value"], 70 if fits else None, keys_and_values)


class Warnings(Made):
    BAD = (
        ("[thermal]\nlimit_x = 85\n", 2, "thermal.limit_c"),
        ("[thermal]\nlimit_c = hot\n", 2, "30 to 125"),
        ("[thermal]\nlimit_c = 400\n", 2, "30 to 125"),
        ("[thermall]\nlimit_c = 85\n", None, "thermal"),
        ("[policy]\nprefer = speed\n", 2, "framerate"),
        ("[record]\nincidents = off\n", 2, "yes|no"),
        ("[policy]\n\nmode=auto\nquality_min = -1\n", 4, "0 to 31"),
        ("[machine m]\nmatch.dmi_vendro = x\nthermal.limit_c = 80\n", 2, "dmi_vendor"),
        ("[machine m]\nmatch.gpu = nvidia\nthermal.limit_c = 80\n", 2, "nvidia"),
        ("[thermal]\nlimit_c = 80\n[memory\nreserve = 5M\n", 3, ""),
        ("[thermal]\nlimit_c = 80\nnonsense\n", 3, ""),
        ("[thermal]\nlimit_c = 8" + "0" * 300 + "\n", 2, ""),
        ("\0\1\2binary\xff\n", 1, ""),
    )

    def test_every_warning_has_file_and_line(self):
        for text, line, says in self.BAD:
            path = self.at.etc("perfadapt.ini", text.encode("latin-1"))
            with self.subTest(text=text[:60]):
                code, output, errors = self.at.run()
                self.assertEqual(code, 0)
                self.assertTrue(errors, "no warning")
                for warning in errors.splitlines():
                    self.assertRegex(warning, r"^\S*/etc/perfadapt/perfadapt\.ini:[1-9]\d*: ")
                self.assertIn(says, errors)
                if line:
                    self.assertIn(f"perfadapt.ini:{line}: ", errors)
                sections(output)
                code, output, errors = run("--check", path)
                self.assertEqual((code, errors), (1, ""))
                self.assertRegex(output, r"(?m)^" + re.escape(path) + r":[1-9]\d*: ")
                self.assertIn(says, output)
                if line:
                    self.assertIn(f"{path}:{line}: ", output)

    def test_the_rest_stands(self):
        self.at.etc("perfadapt.ini", "[thermal]\nlimit_c = 400\nmargin_c = 4\n")
        self.at.etc("perfadapt.d/a.ini", "[memory\nreserve = 5M\n")
        self.at.etc("perfadapt.d/b.ini", "[power]\nbattery_busy = 0.5\n")
        settings, document = self.at.document()
        self.assertIsNone(settings["thermal.limit_c"]["value"])
        self.assertIsNone(settings["memory.reserve"]["value"])
        self.assertEqual((settings["thermal.margin_c"]["value"], settings["power.battery_busy"]["value"]), (4, 0.5))
        self.assertEqual({(os.path.basename(warning["file"]), warning["line"]) for warning in document["warnings"]},
                         {("perfadapt.ini", 2), ("a.ini", 1)})

    def test_settings_that_cross(self):
        for text, says in (("[policy]\nquality_min = 5\nquality_max = 2\n", "quality_min must not be above"),
                           ("[frame]\ntarget_fps = 30\nslowest_fps = 60\n", "lowest frame rate is above the target"),
                           ("[app *]\npreset.scale_min = 0.9\npreset.scale_max = 0.5\n", "lowest render scale")):
            with self.subTest(text=text):
                self.at.etc("perfadapt.ini", text)
                code, _, errors = self.at.run("--app", "viewer")
                self.assertEqual((code, errors.count("\n")), (0, 1))
                self.assertIn(says, errors)

    def test_sections_that_do_not_apply_are_checked_too(self):
        path = self.at.etc("x.ini", "[machine other]\nmatch.dmi_vendor = Nobody\nthermal.limit_c = hot\n"
                                    "[app other]\npower.battery = 1\n[preset other]\ntarget_fps = x\n")
        code, output, _ = run("--check", path)
        self.assertEqual(code, 1)
        for line in (3, 5, 7):
            self.assertIn(f"{path}:{line}: ", output)

    def test_long_lines_of_comments_are_fine(self):
        path = self.at.etc("perfadapt.ini", "; " + "x" * 5000 + "\n[thermal]\nlimit_c = 80\n")
        self.assertEqual(run("--check", path), (0, "", ""))
        self.assertEqual(self.at.values()["thermal.limit_c"], 80)

    def test_what_is_no_file(self):
        for place in ("etc/perfadapt/perfadapt.ini", "etc/perfadapt/perfadapt.d/a.ini"):
            path = os.path.join(self.at.root, place)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            makers = ((os.mkdir, os.rmdir), (os.mkfifo, os.remove),
                      (lambda path: os.symlink(os.path.basename(path), path), os.remove))
            for make, remove in makers:
                make(path)
                code, output, errors = self.at.run()
                self.assertEqual(code, 0)
                self.assertIn(os.path.basename(path), errors)
                sections(output)
                self.assertEqual(run("--check", path)[0], 3)
                remove(path)
        self.assertEqual(self.at.run()[2], "")

    def test_directories_that_are_none(self):
        shutil.rmtree(os.path.join(self.at.root, "etc"))
        self.at.write(self.at.root, "etc/perfadapt", "a file\n")
        code, output, _ = self.at.run()
        self.assertEqual(code, 0)
        sections(output)
        os.remove(os.path.join(self.at.root, "etc/perfadapt"))
        os.symlink("perfadapt", os.path.join(self.at.root, "etc/perfadapt"))
        self.assertEqual(self.at.run()[0], 0)

    def test_links_do_not_lead_out_of_a_recorded_machine(self):
        outside = self.at.write(self.at.base, "outside.ini", "[thermal]\nlimit_c = 66\n")
        os.symlink(outside, os.path.join(self.at.root, "etc/perfadapt/perfadapt.ini"))
        self.assertNotIn("thermal.limit_c", self.at.values())

    def test_files_that_may_not_be_read(self):
        path = self.at.etc("perfadapt.ini", "[thermal]\nlimit_c = 80\n")
        os.chmod(path, 0)
        os.chmod(self.at.base, 0o755)
        user = 65534 if os.geteuid() == 0 else None # root reads everything
        try:
            code = run("--help", user=user)[0]
        except PermissionError:
            code = None
        if code != 0:
            self.skipTest("the program is not in the reach of another user")
        code, output, errors = self.at.run(user=user)
        self.assertEqual(code, 0, errors)
        self.assertIn("perfadapt.ini", errors)
        sections(output)
        code, output, errors = run("--check", path, user=user)
        self.assertEqual((code, output), (3, ""))
        self.assertIn(path, errors)

    def test_10_mb(self):
        path = self.at.etc("perfadapt.ini", b"[thermal]\nlimit_c = 80\n" * 450000)
        self.assertEqual(self.at.run()[0], 0)
        self.assertIn(run("--check", path)[0], (1, 3))
        self.assertIn("perfadapt.ini", self.at.run()[2])

    def test_a_preset_that_the_command_line_names_wrong(self):
        code, output, errors = self.at.run("--preset", "mediun")
        self.assertEqual((code, output), (3, ""))
        self.assertIn('did you mean "medium"?', errors)

    def test_a_preset_that_is_not_there(self):
        self.at.etc("perfadapt.ini", "[policy]\npreset = lwo\n")
        code, output, errors = self.at.run()
        self.assertEqual(code, 0)
        self.assertIn("lwo", errors)
        sections(output)


class CommandLine(Made):
    def test_usage(self):
        for arguments in (["--nonsense"], ["x.ini"], ["--check"], ["--check", "--list"], ["--list", "--man"],
                          ["--list", "x.ini"], ["--man", "--json"], ["--list", "--app", "x"], ["--app"], ["--app", ""],
                          ["--preset", "../low"], ["--check", "--sysroot", "/", "x.ini"]):
            code, output, errors = run(*arguments)
            self.assertEqual((code, output), (2, ""), arguments)
            self.assertIn("perfadapt config: ", errors)
            if arguments != ["--preset", "../low"]:
                self.assertRegex(errors, r"^perfadapt config: [^\n]*(; |\?$)[^\n]*\n\Z")
        code, output, errors = run("--help")
        self.assertEqual((code, errors), (0, ""))
        self.assertTrue(all(len(line) <= 120 for line in output.splitlines()))

    def test_directories_that_are_not_there(self):
        for option in ("--sysroot", "--config-dir", "--data-dir"):
            for path in (os.path.join(self.at.base, "nothing"), PROGRAM):
                code, output, errors = run(option, path)
                self.assertEqual((code, output), (3, ""), (option, path))
                self.assertIn(path, errors)

    def test_check(self):
        good = self.at.etc("good.ini", "[thermal]\nlimit_c = 80\n")
        bad = self.at.etc("bad.ini", "[thermal]\nlimit = 80\n")
        missing = os.path.join(self.at.base, "missing.ini")
        self.assertEqual(run("--check", good), (0, "", ""))
        self.assertEqual(run("--check", good, bad)[0], 1)
        code, output, errors = run("--check", bad, missing, good)
        self.assertEqual(code, 3)
        self.assertEqual(output.count("\n"), 1)
        self.assertIn('did you mean "thermal.limit_c"?', output)
        self.assertIn(missing, errors)

    def test_check_as_json(self):
        good = self.at.etc("good.ini", "[thermal]\nlimit_c = 80\n")
        bad = self.at.etc("bad.ini", "[thermal]\nlimit = 80\n")
        code, output, _ = run("--check", "--json", good, bad, "/nothing")
        self.assertEqual(code, 3)
        documents = [strict(line) for line in output.splitlines()]
        self.assertEqual([(document["file"], document["readable"]) for document in documents],
                         [(good, True), (bad, True), ("/nothing", False)])
        self.assertEqual((documents[0]["warnings"], documents[1]["warnings"][0]["line"]), ([], 2))

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "config", "--list"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 3)

    def test_round_trip(self):
        self.at.machine(vendor="Valve", product="Jupiter")
        self.at.etc("perfadapt.ini", "[machine d]\nmatch.dmi_vendor = Valve\npolicy.preset = low\n"
                                     "preset.scale_min = 0.6\n[preset low]\nscale_max = 0.9\n"
                                     "[frame]\ntarget_fps=59.94\n[memory]\nreserve = 1.5G\n"
                                     "[app a]\npolicy.mode = fixed\n")
        _, text, _ = self.at.run("--app", "a")
        own = os.path.join(self.at.base, "own")
        path = self.at.write(own, "perfadapt.ini", text)
        self.assertEqual(run("--check", path), (0, "", ""))
        self.assertEqual(self.at.values("--config-dir", own), self.at.values("--app", "a"))
        _, again, _ = self.at.run("--config-dir", own)
        self.assertEqual(sections(again), sections(text))


class Keys(unittest.TestCase):
    def test_list(self):
        code, text, errors = run("--list")
        self.assertEqual((code, errors), (0, ""))
        section = None
        found = []
        for line in text.splitlines():
            if line.startswith("["):
                section = line[1:-1]
            elif re.match(r"  [a-z]", line):
                found.append(f"{section}.{line.split()[0]}")
        self.assertEqual(found, [key["key"] for key in keys()])
        self.assertIn("number 30 to 125; unit: °C; default: the sensors' own", text)

    def test_as_json(self):
        first = keys()[0]
        self.assertEqual(list(first), ["schema", "key", "type", "words", "range", "least", "most", "unit", "default",
                                       "text"])
        self.assertEqual((first["key"], first["type"]), ("policy.mode", "word"))
        self.assertEqual(first["words"], ["auto", "fixed", "off"])

    def test_the_documentation_has_every_key(self):
        """docs/configuration.md's table, row by row."""
        with open(os.path.join(SOURCE, "docs", "configuration.md"), encoding="utf-8") as file:
            rows = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (.*) \| (.*) \| (.*) \|$", file.read(), re.MULTILINE)
        expected = []
        for key in keys():
            unit = f" {key['unit']}" if key["unit"] and key["type"] not in ("size",) else ""
            words = " · ".join(f"`{word}`" for word in key["words"])
            expected.append((key["key"], words or key["range"] + unit, key["default"], key["text"]))
        self.assertEqual(rows, expected)

    def test_manual_page(self):
        code, text, errors = run("--man")
        self.assertEqual((code, errors), (0, ""))
        for key in keys():
            name = key["key"].split(".")[1]
            self.assertIn(f"\n.B {name}\n", text)
        self.assertTrue(text.isascii())
        mandoc = shutil.which("mandoc")
        if mandoc:
            done = subprocess.run([mandoc, "-Tlint", "-Wwarning"], input=text, capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.stdout, "")


class Installed(Made):
    """The files that come with perfadapt."""

    def files(self, folder):
        directory = os.path.join(PROFILES, folder)
        return [os.path.join(directory, name) for name in sorted(os.listdir(directory))]

    def test_all_of_them_are_right(self):
        for folder in ("presets", "machines"):
            code, output, errors = run("--check", *self.files(folder))
            self.assertEqual((code, output, errors), (0, "", ""))

    def test_every_preset_explains_every_key(self):
        expected = {f"preset.{name}" for name in (
            "target_fps", "quality_min", "quality_max", "scale_min", "scale_max", "frames_in_flight", "memory_share",
            "dispatch_ns", "worker_threads")} | {"thermal.margin_c", "memory.reserve", "power.battery_busy",
                                                 "policy.prefer"}
        for path in self.files("presets"):
            found = set()
            above = ""
            with open(path, encoding="utf-8") as file:
                for line in file:
                    if line.startswith("["):
                        section = line.strip("[]\n")
                    elif "=" in line and not line.startswith(";"):
                        name = line.split("=")[0].strip()
                        found.add(f"{section}.{name}")
                        explained = above.startswith(";") or name == "quality_max" # with quality_min
                        self.assertTrue(explained, (path, name))
                    above = line
            self.assertEqual(found, expected, path)

    def test_names_of_machines_fit(self):
        names = []
        for path in self.files("machines"):
            with open(path, encoding="utf-8") as file:
                names += re.findall(r"^\[machine (.*)\]$", file.read(), re.MULTILINE)
        self.assertEqual(len(set(names)), len(names))
        self.assertLessEqual(max(map(len, names)), 40)

    def test_presets_by_name(self):
        for name in PRESETS:
            code, output, errors = run("--sysroot", self.at.root, "--preset", name)
            self.assertEqual((code, errors), (0, ""))
            self.assertEqual(len(sections(output)[f"preset {name}"]), 13, output)

    def test_a_machine_of_ours(self):
        self.at.machine(vendor="Valve", product="Galileo")
        _, text, _ = run("--json", "--sysroot", self.at.root)
        document = strict(text)
        settings = {entry["key"]: entry for entry in document["settings"]}
        self.assertEqual((document["preset"], document["warnings"]), ("handheld", []))
        self.assertEqual(settings["policy.preset"]["section"], "machine Steam Deck OLED")
        self.assertEqual((settings["memory.reserve"]["value"], settings["power.battery_busy"]["value"]), (1 << 30, 0.8))

    def test_the_example(self):
        """Right as it is, which says nothing, and with every line of it said."""
        path = os.path.join(PROFILES, "perfadapt.ini.example")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(run("--check", path), (0, "", ""))
        said = re.sub(r"(?m)^;([a-z\[])", r"\1", text)
        self.assertEqual(run("--check", self.at.etc("said.ini", said)), (0, "", ""))
        self.assertGreater(len(sections(said)), 8)


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        print(f"skipped: no program {PROGRAM}")
        sys.exit(SKIPPED)
    unittest.main()
