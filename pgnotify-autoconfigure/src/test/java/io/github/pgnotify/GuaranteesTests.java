package io.github.pgnotify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * That the tests named in {@code docs/guarantees.md} are there.
 */
class GuaranteesTests {

	private static final Pattern NAME = Pattern.compile("`(\\w+Tests)(?:\\.(\\w+))?`");

	private final Map<String, JavaClass> tests = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
		.importPackages("io.github.pgnotify")
		.stream()
		.filter((type) -> type.isTopLevelClass() && type.getSimpleName().endsWith("Tests"))
		.collect(Collectors.toMap(JavaClass::getSimpleName, Function.identity()));

	@Test
	void everyInvariantNamesATestThatIsThere() throws IOException {
		List<String> lines = Files.readAllLines(document());
		List<String> named = new ArrayList<>();
		List<String> missing = new ArrayList<>();
		for (String line : lines) {
			Matcher matcher = NAME.matcher(line);
			while (matcher.find()) {
				named.add(matcher.group());
				if (!isThere(matcher.group(1), matcher.group(2))) {
					missing.add(matcher.group());
				}
			}
		}
		assertThat(missing).isEmpty();
		assertThat(named).hasSizeGreaterThan(20);
		assertThat(lines).filteredOn((line) -> line.startsWith("| ") && !line.startsWith("| always"))
			.isNotEmpty()
			.allMatch((line) -> NAME.matcher(line).find());
	}

	private boolean isThere(String type, String method) {
		JavaClass test = this.tests.get(type);
		return test != null && (method == null || Arrays.stream(test.reflect().getDeclaredMethods())
			.anyMatch((candidate) -> candidate.getName().equals(method)));
	}

	private static Path document() {
		Path module = Path.of("docs/guarantees.md");
		return Files.exists(module) ? module : Path.of("../docs/guarantees.md");
	}

}
