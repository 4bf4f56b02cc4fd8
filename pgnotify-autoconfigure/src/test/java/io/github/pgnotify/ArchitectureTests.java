package io.github.pgnotify;

import java.time.Clock;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.annotation.Bean;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The structure of the library: a star without cycles, and a short list of what
 * applications may use.
 */
class ArchitectureTests {

	private static final String BASE = "io.github.pgnotify";

	private static final JavaClasses MAIN = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages(BASE);

	private static final JavaClasses TESTS = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
		.importPackages(BASE);

	@Test
	void packagesHaveNoCycles() {
		check(slices().matching("(**)").should().beFreeOfCycles());
	}

	@ParameterizedTest
	@ValueSource(strings = { "connection", "listener", "queue", "tablechange", "gateway" })
	void featuresUseTheBaseAndTheLifecycleOnly(String feature) {
		check(noClasses().that()
			.resideInAPackage(in(feature))
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage(others(feature, "lifecycle")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "lifecycle" })
	void baseAndLifecycleUseNothingOfOurs(String name) {
		check(noClasses().that()
			.resideInAPackage(in(name))
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage(others(name, name)));
	}

	@Test
	void onlyConnectionKnowsTheDriver() {
		check(noClasses().that()
			.resideOutsideOfPackage(in("connection"))
			.should()
			.dependOnClassesThat()
			.resideInAPackage("org.postgresql.."));
	}

	@Test
	void onlyAutoconfigureKnowsSpringBoot() {
		check(noClasses().that()
			.resideOutsideOfPackage(in("autoconfigure"))
			.should()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework.boot.."));
	}

	@Test
	void everyPackageIsNullMarked() {
		Set<String> marked = MAIN.stream()
			.filter((type) -> type.getSimpleName().equals("package-info") && type.isAnnotatedWith(NullMarked.class))
			.map(JavaClass::getPackageName)
			.collect(Collectors.toSet());
		assertThat(MAIN.stream().map(JavaClass::getPackageName).distinct()).isSubsetOf(marked);
	}

	/**
	 * A change here is a change of what applications may use: review it as such.
	 */
	@Test
	void publicTypesAreThese() {
		Set<String> types = MAIN.stream()
			.filter((type) -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
			.map((type) -> type.getName().substring(BASE.length() + 1))
			.collect(Collectors.toCollection(TreeSet::new));
		assertThat(types).containsExactlyInAnyOrder("AckMode", "ChannelName", "Delivery", "Envelope",
				"GapMethodReflectiveProcessor", "GroupConsumers", "InvalidChannelNameException",
				"InvalidMessageException", "InvalidPayloadException", "LeaseLostException", "ListeningStatus",
				"MessageStore", "NotificationSource", "OutgoingMessage", "PayloadConversionException",
				"PayloadTooLargeException", "PgGap", "PgListener", "PgListenerChanges", "PgListenerConnectionSource",
				"PgListenerErrorHandler", "PgListenerEvent", "PgListenerFilter", "PgListenerMethods",
				"PgListenerRegistry", "PgListeners", "PgMessageConverter", "PgNotification", "PgNotificationListener",
				"PgNotifyException", "PgNotifyHeaders", "PgNotifyOperations", "PgNotifyStartupException",
				"PgNotifyTemplate", "SqlIdentifier", "StartPosition", "StoredMessage",
				"autoconfigure.PgListenerContainerFactory", "autoconfigure.PgNotifyAutoConfiguration",
				"autoconfigure.PgNotifyConnectionDetails", "autoconfigure.PgNotifyDataSource",
				"autoconfigure.PgNotifyGatewayAutoConfiguration", "autoconfigure.PgNotifyGatewayProperties",
				"autoconfigure.PgNotifyHealthContributorAutoConfiguration",
				"autoconfigure.PgNotifyMetricsAutoConfiguration", "autoconfigure.PgNotifyProperties",
				"connection.DirectDataSource", "connection.ListeningConnection", "connection.ListeningSettings",
				"connection.PromptSocketFactory", "connection.ServerRole", "gateway.PgGateway",
				"gateway.PgGatewayAuthorizer", "gateway.PgGatewayChannel", "gateway.PgGatewayCloseCode",
				"gateway.PgGatewayConnection", "gateway.PgGatewayDecision", "gateway.PgGatewayEvent",
				"gateway.PgGatewayIndex", "gateway.PgGatewayLog", "gateway.PgGatewayRequest",
				"gateway.PgGatewaySettings", "lifecycle.Backoff", "lifecycle.DaemonThreads",
				"listener.PgListenerAnnotationBeanPostProcessor", "listener.PgListenerConfigurer",
				"listener.PgListenerContainer", "listener.PgListenerContainerSettings", "listener.PgListenerObserver",
				"queue.BlockedKey", "queue.DeadLetter", "queue.FetchedMessage", "queue.GroupStatus",
				"queue.PgQueueAdmin", "queue.PgQueueEvent", "queue.PgQueueObserver", "queue.QueueConsumers",
				"queue.QueueSchema", "queue.QueueSettings", "queue.QueueStore", "queue.UnknownGroupException",
				"queue.WakeUpSource", "tablechange.InstalledTrigger", "tablechange.PgTableListener",
				"tablechange.PgTableListenerAnnotationBeanPostProcessor", "tablechange.PgTableTriggers",
				"tablechange.PigeonFile", "tablechange.TableChange", "tablechange.TableChangeConverter",
				"tablechange.TableTrigger", "tablechange.TriggerDifference", "tablechange.TriggerSettings");
	}

	@Test
	void autoConfigurationsAreFinalWithoutPublicMembers() {
		check(classes().that()
			.areAnnotatedWith(AutoConfiguration.class)
			.should()
			.haveModifier(JavaModifier.FINAL)
			.andShould()
			.bePublic());
		check(methods().that().areAnnotatedWith(Bean.class).should().notBePublic());
	}

	@Test
	void nobodyWritesToTheConsoleOrSleeps() {
		check(noClasses().should().callMethod(Thread.class, "sleep", long.class));
		noClasses().should().callMethod(Thread.class, "sleep", long.class).check(TESTS);
		check(noClasses().should().accessField(System.class, "out"));
	}

	/**
	 * Leases are on the database's clock and on the monotonic one of the process: the
	 * clocks of machines differ, and are set.
	 */
	@Test
	void theQueueDoesNotLookAtTheClockOnTheWall() {
		check(noClasses().that()
			.resideInAPackage(in("queue"))
			.and()
			.doNotHaveSimpleName("Errors")
			.should()
			.callMethodWhere(target(nameMatching("now|currentTimeMillis"))
				.and(target(owner(resideInAnyPackage("java.time..", "java.lang..")))))
			.orShould()
			.dependOnClassesThat()
			.belongToAnyOf(Clock.class, Date.class));
	}

	/**
	 * Otherwise neither Surefire nor Failsafe would run it, and nobody would notice.
	 */
	@Test
	void testsAreNamedSoThatTheyRun() {
		List<String> misnamed = TESTS.stream()
			.filter((type) -> type.getMethods()
				.stream()
				.anyMatch((method) -> method.isAnnotatedWith(Test.class)
						|| method.isAnnotatedWith(ParameterizedTest.class)))
			.map((type) -> outermost(type).getSimpleName())
			.filter((name) -> !name.endsWith("Tests"))
			.toList();
		assertThat(misnamed).isEmpty();
	}

	private static JavaClass outermost(JavaClass type) {
		return type.getEnclosingClass().map(ArchitectureTests::outermost).orElse(type);
	}

	private static void check(ArchRule rule) {
		rule.allowEmptyShould(false).check(MAIN);
	}

	private static String in(String name) {
		return name.isEmpty() ? BASE : BASE + "." + name + "..";
	}

	/**
	 * All packages of ours that may not be used by one of them: not itself, the base, and
	 * one other.
	 */
	private static String[] others(String name, String allowed) {
		return Arrays
			.stream(new String[] { "lifecycle", "connection", "listener", "queue", "tablechange", "gateway",
					"autoconfigure" })
			.filter((other) -> !other.equals(name) && !other.equals(allowed))
			.map(ArchitectureTests::in)
			.toArray(String[]::new);
	}

}
