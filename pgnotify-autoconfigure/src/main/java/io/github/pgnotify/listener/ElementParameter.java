package io.github.pgnotify.listener;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.core.GenericTypeResolver;
import org.springframework.core.MethodParameter;
import org.springframework.core.ResolvableType;

/**
 * The parameter that a method would have if it took a single element of its list. It has
 * the annotations of both, so that {@code @Valid List<T>} and {@code List<@Valid T>} mean
 * the same.
 */
final class ElementParameter extends MethodParameter {

	private final Type type;

	private final Class<?> typeClass;

	private final Annotation[] annotations;

	private ElementParameter(MethodParameter list, Type type, Class<?> typeClass) {
		super(list);
		this.type = type;
		this.typeClass = typeClass;
		this.annotations = Stream.of(list.getParameterAnnotations(), typeAnnotations(list))
			.flatMap(Stream::of)
			.toArray(Annotation[]::new);
	}

	private ElementParameter(ElementParameter original) {
		super(original);
		this.type = original.type;
		this.typeClass = original.typeClass;
		this.annotations = original.annotations;
	}

	/**
	 * Returns the parameter for one element.
	 * @param list a parameter of type {@link List}
	 * @return {@code null} if it does not say what its elements are
	 */
	static @Nullable ElementParameter of(MethodParameter list) {
		ResolvableType element = ResolvableType.forMethodParameter(list).as(List.class).getGeneric(0);
		Class<?> typeClass = element.resolve();
		if (typeClass == null) {
			return null;
		}
		Type type = element.getType();
		Type bound = (type instanceof WildcardType wildcard) ? wildcard.getUpperBounds()[0] : type;
		return new ElementParameter(list, GenericTypeResolver.resolveType(bound, list.getContainingClass()), typeClass);
	}

	@Override
	public Class<?> getParameterType() {
		return this.typeClass;
	}

	@Override
	public Type getGenericParameterType() {
		return this.type;
	}

	@Override
	public Annotation[] getParameterAnnotations() {
		return this.annotations.clone();
	}

	@Override
	public ElementParameter clone() {
		return new ElementParameter(this);
	}

	private static Annotation[] typeAnnotations(MethodParameter list) {
		AnnotatedType type = list.getExecutable().getAnnotatedParameterTypes()[list.getParameterIndex()];
		return (type instanceof AnnotatedParameterizedType parameterized
				&& parameterized.getAnnotatedActualTypeArguments().length == 1)
						? parameterized.getAnnotatedActualTypeArguments()[0].getAnnotations() : new Annotation[0];
	}

}
