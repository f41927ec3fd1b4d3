import { type Component, mount } from 'svelte'

/** Puts one state of a screen or component on the page. Every `*.gallery.ts` exports `states` with some of them, by name. */
export type GalleryState = (target: Element) => void

export type GalleryStates = Readonly<Record<string, GalleryState>>

/** A component with the properties that `makeProps` makes, anew each time. */
export function show<Props extends Record<string, unknown>>(
  component: Component<Props, object, '' | (keyof Props & string)>,
  makeProps: () => Props,
): GalleryState {
  return (target) => {
    mount(component, { target, props: makeProps() })
  }
}
