package io.github.pgnotify.gateway;

import java.io.IOException;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.util.StringUtils;

/**
 * Where clients knock: decides whether they may come in, and makes of each request a
 * WebSocket connection or an event stream.
 */
final class GatewayServlet extends HttpServlet {

	private static final long serialVersionUID = 1L;

	private static final int UPGRADE_REQUIRED = 426;

	private static final int TOO_MANY_REQUESTS = 429;

	/** Reconnecting clients are to come neither at once nor late. */
	private static final long RETRY_MILLIS = 1000;

	private static final int MOST_AWAITING = 50;

	private final transient PgGateway gateway;

	private final transient PgGatewaySettings settings;

	private final transient Channels channels;

	private final transient Clients clients;

	private final transient Commands commands;

	private final transient Origins origins;

	private final transient @Nullable WebSocketUpgrade webSocket;

	private final transient Semaphore awaiting = new Semaphore(MOST_AWAITING);

	GatewayServlet(PgGateway gateway, PgGatewaySettings settings, Channels channels, Clients clients, Commands commands,
			boolean webSocket) {
		this.gateway = gateway;
		this.settings = settings;
		this.channels = channels;
		this.clients = clients;
		this.commands = commands;
		this.origins = new Origins(settings.allowedOrigins(), settings.cookies());
		this.webSocket = webSocket ? new WebSocketUpgrade() : null;
	}

	@Override
	protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
		response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
		response.setHeader("X-Content-Type-Options", "nosniff");
		Visitor visitor = visitor(request);
		try {
			if (request.getServletPath().endsWith(ClientScript.SUFFIX)) {
				ClientScript.send(request, response);
				return;
			}
			admit(request, response, visitor);
		}
		catch (Refusal ex) {
			this.clients.refused(visitor, ex.reason());
			refuse(response, ex);
		}
	}

	private void admit(HttpServletRequest request, HttpServletResponse response, Visitor visitor) throws IOException {
		boolean upgrade = isUpgrade(request);
		String origin = this.origins.check(request, upgrade);
		if (origin != null) {
			allowOrigin(response, origin);
		}
		switch (request.getMethod()) {
			case "GET" -> {
			}
			case "OPTIONS" -> {
				response.setHeader(HttpHeaders.ALLOW, "GET, OPTIONS");
				response.setStatus(HttpServletResponse.SC_NO_CONTENT);
				return;
			}
			default -> {
				response.setHeader(HttpHeaders.ALLOW, "GET, OPTIONS");
				throw new Refusal(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "only GET");
			}
		}
		if (!this.gateway.isRunning()) {
			throw new Refusal(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "not now");
		}
		if (upgrade && this.webSocket != null) {
			openWebSocket(this.webSocket, request, response, visitor);
		}
		else if (accepts(request, MediaType.TEXT_EVENT_STREAM_VALUE)) {
			openEventStream(request, response, visitor);
		}
		else {
			response.setHeader(HttpHeaders.UPGRADE, "websocket");
			response.setHeader(HttpHeaders.CONNECTION, "Upgrade");
			throw new Refusal(UPGRADE_REQUIRED, "connect by WebSocket, or accept " + MediaType.TEXT_EVENT_STREAM_VALUE);
		}
	}

	private void openWebSocket(WebSocketUpgrade upgrade, HttpServletRequest request, HttpServletResponse response,
			Visitor visitor) throws IOException {
		boolean envelope = wantsEnvelope(request)
				|| headers(request, "Sec-WebSocket-Protocol").contains(WebSocketUpgrade.ENVELOPE_PROTOCOL);
		GatewayClient client = this.clients.admit(visitor, Format.of(false, envelope));
		boolean upgraded = false;
		try {
			CompletableFuture<Void> told = subscribe(client, request, envelope);
			if (!envelope) {
				// Nothing will tell the client that it hears but that it is connected
				await(told);
			}
			upgraded = upgrade.upgrade(request, response, client, this.commands, this.settings);
		}
		finally {
			if (!upgraded) {
				client.close(PgGatewayCloseCode.ERROR);
			}
		}
	}

	private void openEventStream(HttpServletRequest request, HttpServletResponse response, Visitor visitor)
			throws IOException {
		GatewayClient client = this.clients.admit(visitor, Format.of(true, wantsEnvelope(request)));
		boolean opened = false;
		try {
			client.send(EventText.retry(RETRY_MILLIS));
			subscribe(client, request, false).whenComplete((told, failure) -> {
				if (failure != null) {
					client.close(PgGatewayCloseCode.ERROR);
				}
			});
			response.setContentType(MediaType.TEXT_EVENT_STREAM_VALUE);
			response.setCharacterEncoding("UTF-8");
			response.setHeader("X-Accel-Buffering", "no");
			EventStreamTransport.open(request, response, client);
			opened = true;
		}
		finally {
			if (!opened) {
				client.close(PgGatewayCloseCode.ERROR);
			}
		}
	}

	private CompletableFuture<Void> subscribe(GatewayClient client, HttpServletRequest request, boolean mayBeNone) {
		List<String> names = names(request, client.visitor());
		if (names.isEmpty() && mayBeNone && request.getParameter("channel") != null) {
			return CompletableFuture.completedFuture(null);
		}
		if (names.isEmpty()) {
			throw new Refusal(HttpServletResponse.SC_NOT_FOUND, "no such channel");
		}
		String after = request.getHeader("Last-Event-ID");
		if (!StringUtils.hasText(after)) {
			after = request.getParameter("after");
		}
		return this.channels.subscribe(client, names, StringUtils.hasText(after) ? after : null, (name, refusal) -> {
			throw refusal;
		});
	}

	/**
	 * The channel in the path, those that parameters name, or all that the client may
	 * hear.
	 */
	private List<String> names(HttpServletRequest request, Visitor visitor) {
		String path = request.getPathInfo();
		if (path != null && path.length() > 1) {
			return List.of(path.substring(1));
		}
		String[] parameters = request.getParameterValues("channel");
		if (parameters != null) {
			return Arrays.stream(parameters).filter(StringUtils::hasText).distinct().toList();
		}
		return this.channels.allowed(visitor);
	}

	/**
	 * Waits for the database, which usually takes a millisecond, with a few threads at
	 * the most.
	 */
	private void await(CompletableFuture<Void> told) {
		if (told.isDone() && !told.isCompletedExceptionally()) {
			return;
		}
		if (!this.awaiting.tryAcquire()) {
			throw new Refusal(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "the channel is not listened on yet");
		}
		try {
			told.get(this.settings.timing().subscribeTimeout().toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new Refusal(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "shutting down");
		}
		catch (CancellationException | ExecutionException | TimeoutException ex) {
			throw new Refusal(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "the channel cannot be listened on");
		}
		finally {
			this.awaiting.release();
		}
	}

	private Visitor visitor(HttpServletRequest request) {
		Principal principal = this.origins.trustsPrincipal(request) ? request.getUserPrincipal() : null;
		Map<String, String> parameters = new LinkedHashMap<>();
		request.getParameterMap().forEach((name, values) -> parameters.put(name, (values.length > 0) ? values[0] : ""));
		Map<String, Object> attributes = new LinkedHashMap<>();
		for (String name : Collections.list(request.getAttributeNames())) {
			if (!name.startsWith("jakarta.") && !name.startsWith("org.")) {
				attributes.put(name, request.getAttribute(name));
			}
		}
		attributes.put("remoteAddress", request.getRemoteAddr());
		String parameter = this.settings.clientIdParameter();
		String clientId = (parameter != null) ? parameters.get(parameter)
				: (principal != null) ? principal.getName() : null;
		return new Visitor(principal, StringUtils.hasText(clientId) ? clientId : null, request.getRemoteAddr(),
				Collections.unmodifiableMap(parameters), Collections.unmodifiableMap(attributes));
	}

	private void allowOrigin(HttpServletResponse response, String origin) {
		response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
		response.setHeader(HttpHeaders.VARY, HttpHeaders.ORIGIN);
		response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Last-Event-ID, Cache-Control");
		if (this.settings.cookies()) {
			response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
		}
	}

	private static void refuse(HttpServletResponse response, Refusal refusal) throws IOException {
		response.setStatus(refusal.status());
		if (refusal.status() == HttpServletResponse.SC_SERVICE_UNAVAILABLE || refusal.status() == TOO_MANY_REQUESTS) {
			response.setHeader(HttpHeaders.RETRY_AFTER, "1");
		}
		response.setContentType(MediaType.APPLICATION_PROBLEM_JSON_VALUE);
		response.setCharacterEncoding("UTF-8");
		Map<String, Object> problem = new LinkedHashMap<>();
		problem.put("status", refusal.status());
		problem.put("detail", refusal.reason());
		response.getWriter().write(JsonMapper.shared().writeValueAsString(problem));
	}

	private static boolean isUpgrade(HttpServletRequest request) {
		return "websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE));
	}

	private static boolean wantsEnvelope(HttpServletRequest request) {
		return "json".equals(request.getParameter("format"));
	}

	private static boolean accepts(HttpServletRequest request, String type) {
		String accept = request.getHeader(HttpHeaders.ACCEPT);
		return accept != null && accept.toLowerCase(Locale.ROOT).contains(type);
	}

	private static List<String> headers(HttpServletRequest request, String name) {
		List<String> values = new ArrayList<>();
		for (String header : Collections.list(request.getHeaders(name))) {
			for (String value : header.split(",")) {
				values.add(value.strip());
			}
		}
		return values;
	}

}
